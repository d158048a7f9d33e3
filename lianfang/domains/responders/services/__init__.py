"""Bodies and the phone book of duty; people who serve; teams, postings, offers and missions."""

from lianfang.domains.responders.services.away import send_word
from lianfang.domains.responders.services.bodies import end_duties, end_duty, put_on_duty, register_organisation
from lianfang.domains.responders.services.insurance import confirm_insurance
from lianfang.domains.responders.services.joining import (
    apply_to_team,
    decide_member,
    leave_team,
    move_members,
    put_in_team,
)
from lianfang.domains.responders.services.missions import advance_mission, ask_mission, end_mission, give_quotas
from lianfang.domains.responders.services.offers import answer_offer, offer_help
from lianfang.domains.responders.services.postings import NewPosting, end_postings, enter_closed, post_people
from lianfang.domains.responders.services.register import (
    NewResponder,
    judge_skill,
    keep_fitness,
    note_dependants,
    note_standing,
    put_down,
    register_responders,
    state_fitness,
    state_skill,
)
from lianfang.domains.responders.services.teams import (
    NewTeam,
    appoint,
    end_appointments,
    form_team,
    form_teams,
    note_for_team,
    step_team,
)
from lianfang.domains.responders.services.wishes import state_wishes

__all__ = [
    "NewPosting",
    "NewResponder",
    "NewTeam",
    "advance_mission",
    "answer_offer",
    "apply_to_team",
    "appoint",
    "ask_mission",
    "confirm_insurance",
    "decide_member",
    "end_appointments",
    "end_duties",
    "end_duty",
    "end_mission",
    "end_postings",
    "enter_closed",
    "form_team",
    "form_teams",
    "give_quotas",
    "judge_skill",
    "keep_fitness",
    "leave_team",
    "move_members",
    "note_dependants",
    "note_for_team",
    "note_standing",
    "offer_help",
    "post_people",
    "put_down",
    "put_in_team",
    "put_on_duty",
    "register_organisation",
    "register_responders",
    "send_word",
    "state_fitness",
    "state_skill",
    "state_wishes",
    "step_team",
]
