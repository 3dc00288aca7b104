from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from pipelines.report.data import Moment as Moment
    from pipelines.report.data import ReportData as ReportData
    from pipelines.report.data import StageReport as StageReport
    from pipelines.report.page import write_report as write_report
    from pipelines.report.sections import SECTIONS as SECTIONS
    from pipelines.report.sections import Section as Section
    from pipelines.report.turntable import write_turntable as write_turntable

__getattr__, __all__ = lazy_names(__name__)
