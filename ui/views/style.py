"""How the page looks: one style for all views, in the colours of Streamlit's theme, light or dark."""

from ui.text import t

_FONTS = '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
#: Streamlit's own settings for the look: calm greys, one blue; fonts of the system, so that none is fetched.
THEME = {
    "theme.font": _FONTS,
    "theme.headingFont": _FONTS,
    "theme.baseRadius": "8px",
    "theme.buttonRadius": "8px",
    "theme.light.primaryColor": "#1f6feb",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f6f8",
    "theme.light.textColor": "#1f2328",
    "theme.light.borderColor": "#d8dee4",
    "theme.dark.primaryColor": "#5aa2ff",
    "theme.dark.backgroundColor": "#14171c",
    "theme.dark.secondaryBackgroundColor": "#1e232b",
    "theme.dark.textColor": "#e6e9ee",
    "theme.dark.borderColor": "#353c47",
}

_STYLE = """<style>
.stApp { -webkit-locale: "zh-CN"; }
.stAppHeader, [data-testid=stStatusWidget], [data-testid=stToolbar], [data-testid=stElementToolbar],
[data-testid=InputInstructions] { display: none; }
.stMainBlockContainer { padding: 1.1rem 2rem 4rem; max-width: 76rem; }
.stMainBlockContainer h1 { padding: 0; }
.stMainBlockContainer h2 { padding: .2rem 0; font-size: 1.45rem; }
.stMainBlockContainer h3 { padding: .2rem 0 .45rem; font-size: 1.1rem; }
[data-testid=stBottomBlockContainer] { padding: .8rem 2rem 1.2rem; max-width: 76rem; }
.st-key-wd-top { border-bottom: 1px solid rgba(128, 128, 128, .22); padding-bottom: .7rem; margin-bottom: .6rem; }
.st-key-wd-top .wd-name { font-size: 1.35rem; font-weight: 650; letter-spacing: .06em; white-space: nowrap; }
.st-key-switch_language { margin-left: auto; }
.st-key-wd-settings { max-width: 46rem; }
.st-key-wd-settings .wd-quiet { margin: -.55rem 0 .4rem; font-size: .9rem; }
.wd-title { font-size: 1.45rem; font-weight: 600; }
.wd { overflow-wrap: anywhere; unicode-bidi: isolate; line-height: 1.7; }
.wd-verbatim { white-space: pre-wrap; }
.wd-answer b { font-size: .75em; vertical-align: super; color: #2b6cb0; padding: 0 .1em; }
.wd-refused { border-left: 4px solid #a0aec0; padding-left: .9rem; }
.wd-card { border: 1px solid rgba(128, 128, 128, .3); border-radius: .6rem; padding: .7rem .95rem; }
.wd-card p { margin: 0 0 .35rem; font-size: .9rem; }
.wd-card .wd-verbatim { font-size: .92rem; opacity: .9; }
.wd mark { background: rgba(250, 204, 21, .4); color: inherit; border-radius: .2rem; padding: .08em 0; }
.wd-heading, .wd-quiet { opacity: .65; }
.wd-badge { background: rgba(237, 137, 54, .2); border-radius: .4rem; padding: .05rem .45rem; font-size: .8rem; }
.wd-note { border-radius: .5rem; padding: .6rem .9rem; background: rgba(66, 153, 225, .12); white-space: pre-wrap; }
.wd-error { background: rgba(229, 62, 62, .14); }
.wd-warning { background: rgba(237, 137, 54, .14); }
.wd-done { background: rgba(56, 161, 105, .14); }
.wd-steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; }
.wd-steps > div { border: 1px solid rgba(128, 128, 128, .28); border-radius: .8rem; padding: 1rem 1.1rem; }
.wd-steps b { display: block; margin-bottom: .25rem; }
.wd-steps i { font-style: normal; display: inline-block; width: 1.6rem; height: 1.6rem; line-height: 1.6rem;
  text-align: center; border-radius: 50%; background: rgba(66, 153, 225, .18); margin-right: .5rem; }
.wd-facts { display: flex; flex-wrap: wrap; gap: .35rem 1.6rem; }
.wd-facts span { opacity: .65; margin-right: .4rem; }
.wd table { border-collapse: collapse; width: 100%; font-size: .92rem; }
.wd th { text-align: left; font-weight: 500; opacity: .65; white-space: nowrap; }
.wd th, .wd td { padding: .4rem .6rem; border-bottom: 1px solid rgba(128, 128, 128, .2); vertical-align: top; }
.wd td.wd-number, .wd th.wd-number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wd-health td:first-child { width: 1.6rem; }
.wd-health td:nth-child(2) { white-space: nowrap; }
.wd-mark { font-weight: 700; color: #2f9e44; }
.wd-mark-note { color: #e8890c; }
.wd-mark-bad { color: #e03131; }
[data-testid=stFileUploaderDropzone] { padding: 1.6rem 1.1rem; border: 1.5px dashed rgba(128, 128, 128, .45);
  justify-content: center; align-items: center; }
[data-testid=stFileUploaderDropzoneInstructions] { display: none; }
[data-testid=stFileUploaderDropzone] button p { font-size: 0; }
[data-testid=stFileUploaderDropzone] button p::after { content: "%choose%"; font-size: .95rem; }
[data-testid=stTooltipErrorHoverTarget]::after { content: "%not_sent%"; align-self: center; margin-left: .6rem;
  font-size: .85rem; }
[data-testid=stTooltipErrorContent] { display: none; }
[data-testid=stDialog] section:not(:has(h2 + div > div *)) h2 { font-size: 0; }
[data-testid=stDialog] section:not(:has(h2 + div > div *)) h2::after { content: "%gone%"; font-size: 1.3rem; }
[data-testid=stDialog] section:not(:has(h2 + div > div *)) h2 + div > div { font-size: 0; }
[data-testid=stDialog] section:not(:has(h2 + div > div *)) h2 + div > div::after { content: "%gone_help%";
  font-size: 1rem; line-height: 1.7; }
.stColumn:has(.wd-closed) { display: none; }
.wd summary { cursor: pointer; }
.wd-read { margin-top: .5rem; padding: .5rem .8rem; border-left: 3px solid rgba(128, 128, 128, .35); }
.wd-good { background: rgba(56, 161, 105, .2); }
.wd-prompt { max-height: 22rem; overflow-y: auto; font-size: .88rem; border: 1px solid rgba(128, 128, 128, .3);
  border-radius: .6rem; padding: .7rem .95rem; }
.wd-token { background: rgba(128, 90, 213, .2); outline: 1px solid rgba(128, 90, 213, .5); border-radius: .2rem; }
.wd-budget { display: flex; height: 1.5rem; border-radius: .4rem; overflow: hidden; margin-bottom: .4rem; }
.wd-legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .35rem; }
.wd-share-template { background: #805ad5; }
.wd-share-question { background: #f59e0b; }
.wd-share-passages { background: #3b82f6; }
.wd-share-answer { background: #38a169; }
.wd-tiles { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .7rem; }
.wd-big { font-size: 1.7rem; font-weight: 600; line-height: 1.5; }
.wd-failure { margin-bottom: .6rem; font-size: .92rem; }
.wd-failure div > span { opacity: .65; margin-right: .5rem; }
.wd-share-free { background: rgba(128, 128, 128, .22); }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: .8rem .9rem 4rem; }
  [data-testid=stBottomBlockContainer] { padding: .5rem .9rem .8rem; }
  .st-key-wd-top { row-gap: .55rem; }
  .st-key-view button { padding-left: .55rem; padding-right: .55rem; }
  .st-key-source button { padding-left: .6rem; padding-right: .6rem; }
  .st-key-wd-top > :has(> .st-key-view), .st-key-wd-top > .st-key-view { order: 3; width: 100%; }
  .wd table.wd-wide th:nth-child(n+4), .wd table.wd-wide td:nth-child(n+4) { display: none; }
}
</style>"""


def css() -> str:
    """Return the page's style, with words in it.

    Streamlit's uploader, and the dialog of bare text that it opens where the server is gone, speak English only.
    """
    style = _STYLE
    for name in ("choose", "not_sent", "gone", "gone_help"):
        style = style.replace(f"%{name}%", t(f"page.{name}"))
    return style
