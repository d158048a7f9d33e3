"""Figures of a sheet, the sheets of a day, and the conditions under which a zone is lifted."""

from lianfang.domains.reports.queries.figures import GROUPS as GROUPS
from lianfang.domains.reports.queries.figures import Scope as Scope
from lianfang.domains.reports.queries.figures import end_of as end_of
from lianfang.domains.reports.queries.figures import figure as figure
from lianfang.domains.reports.queries.figures import lines_of as lines_of
from lianfang.domains.reports.queries.lifting import lifting_conditions as lifting_conditions
from lianfang.domains.reports.queries.lifting import lifting_of as lifting_of
from lianfang.domains.reports.queries.phases import by_phase as by_phase
from lianfang.domains.reports.queries.phases import spans_of as spans_of
from lianfang.domains.reports.queries.rows import first_stays as first_stays
from lianfang.domains.reports.queries.rows import rows_of as rows_of
from lianfang.domains.reports.queries.sheets import SheetsOf as SheetsOf
from lianfang.domains.reports.queries.sheets import accepted_sums as accepted_sums
from lianfang.domains.reports.queries.sheets import sheets_of as sheets_of
