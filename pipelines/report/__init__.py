from pipelines.report.data import Moment, ReportData, StageReport
from pipelines.report.page import write_report
from pipelines.report.sections import SECTIONS, Section
from pipelines.report.turntable import write_turntable

__all__ = ["SECTIONS", "Moment", "ReportData", "Section", "StageReport", "write_report", "write_turntable"]
