"""Pages of the office: reach, what is behind it, its files, dose, returns, doubts, pictures, programs."""

from schools.office.frame.routes import form, page
from schools.office.reach.views import dose, doubts, drilldown, feeders, pictures, publications, readers, returns, tables

urlpatterns = [
    page("reach/", tables.table, "reach"),
    page("reach/csv/", tables.csv, "reach-csv"),
    form("reach/returns/", returns.returns, "returns"),
    page("reach/returns/<int:return_id>/", returns.detail, "return-detail"),
    form("reach/returns/<int:return_id>/close/", returns.close, "return-close"),
    form("reach/returns/<int:return_id>/sign-off/", returns.sign_off_again, "return-sign-off"),
    page("reach/returns/<int:return_id>/figures/", returns.figures_csv, "return-figures"),
    page("reach/returns/<int:return_id>/sessions/", returns.sessions_csv, "return-sessions"),
    page("reach/returns/<int:return_id>/bundle/", returns.bundle_zip, "return-bundle"),
    page("reach/publications/", publications.publications, "publications"),
    page("reach/publications/<int:publication_id>/", publications.files, "publication-files"),
    page("reach/behind/", drilldown.detail, "reach-behind"),
    page("reach/pictures/", pictures.drawn, "reach-pictures"),
    page("reach/cold-spots/", pictures.cold, "reach-cold-spots"),
    page("reach/dose/", dose.table, "dose"),
    page("reach/dose/csv/", dose.csv, "dose-csv"),
    page("reach/dose/xlsx/", dose.xlsx, "dose-xlsx"),
    page("reach/dose/behind/", dose.behind, "dose-behind"),
    page("reach/doubts/", doubts.listed, "doubts"),
    page("reach/feeders/", feeders.listed, "feeders"),
    page("reach/readers/", readers.listed, "reach-readers"),
    page("reach/xlsx/", tables.xlsx, "reach-xlsx"),
    page("reach/sessions/csv/", tables.sessions_csv, "reach-sessions-csv"),
    page("reach/sessions/xlsx/", tables.sessions_xlsx, "reach-sessions-xlsx"),
]
