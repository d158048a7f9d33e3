"""Accounts, the roles they hold and how both end; what signing in leaves behind."""

from lianfang.domains.accounts.services.portals import bind_portal, unbind_portal
from lianfang.domains.accounts.services.posts import (
    NewPost,
    close_account,
    end_grant,
    end_grants,
    end_grants_of_incident,
    end_lent_roles,
    grant_role,
    lend_roles,
    open_account,
    open_posts,
    reset_password,
    set_password,
)
from lianfang.domains.accounts.services.programs import (
    NewProgram,
    NewSecret,
    give_key,
    open_program,
    renew_secret,
    revoke_program,
)
from lianfang.domains.accounts.services.sign_in import (
    begin_session,
    end_sessions,
    end_vouched,
    open_vouched,
    remove_factors,
    use_code,
)

__all__ = [
    "NewPost",
    "NewProgram",
    "NewSecret",
    "begin_session",
    "bind_portal",
    "close_account",
    "end_grant",
    "end_grants",
    "end_grants_of_incident",
    "end_lent_roles",
    "end_sessions",
    "end_vouched",
    "give_key",
    "grant_role",
    "lend_roles",
    "open_account",
    "open_posts",
    "open_program",
    "open_vouched",
    "remove_factors",
    "renew_secret",
    "reset_password",
    "revoke_program",
    "set_password",
    "unbind_portal",
    "use_code",
]
