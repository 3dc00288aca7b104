from pipelines.report.page import ReportData, write_report

__all__ = ["ReportData", "write_report"]
