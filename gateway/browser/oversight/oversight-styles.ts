/** The look of these pages, over `page-styles.ts`; logical properties throughout. */
const basics = `
h3, dl, dd, ol { margin: 0; padding: 0; }
code { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; font-size: 0.875em; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 1px; }
small { font-size: 0.8125rem; color: var(--muted); }
/* Dates and spans of time keep their order on a page that is read from right to left. */
.data a, button.link, .offset { unicode-bidi: plaintext; }
`;

const frame = `
.bar { position: sticky; inset-block-start: 0; z-index: 3; flex-wrap: wrap; }
.bar h1 { display: flex; gap: 8px; align-items: baseline; }
.part-name { font-weight: 450; color: var(--muted); }
.account { display: inline-flex; align-items: center; gap: 8px; font-size: 0.9375rem; min-inline-size: 0; }
.account .icon { color: var(--muted); }
.account bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-inline-size: 12rem; font-weight: 600; }
.role { padding: 2px 10px; border-radius: 99px; background: var(--raised); color: var(--muted); font-size: 0.8125rem; font-weight: 550; }
.sections {
  display: flex; gap: 4px; overflow-x: auto; padding-inline: max(6px, (100% - 1148px) / 2); background: var(--surface);
  border-block-end: 1px solid var(--line);
}
.sections a {
  padding: 12px 14px 10px; color: var(--muted); text-decoration: none; font-weight: 600; font-size: 0.9375rem;
  border-block-end: 3px solid transparent; white-space: nowrap;
}
.sections a:hover { color: var(--text); }
.sections a[aria-current='page'] { color: var(--text); border-block-end-color: var(--accent); }
.sections a:focus-visible { outline-offset: -3px; }
.oversight { max-inline-size: 1160px; margin-inline: auto; padding: 26px 20px 60px; }
.section, .one, .history { display: grid; gap: 18px; min-inline-size: 0; }
.section > *, .one > *, .history > * { min-inline-size: 0; }
.section-head { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 14px; }
.section-title { font-size: 1.375rem; letter-spacing: -0.015em; font-weight: 680; }
.section-title:focus { outline: none; }
.section-title:focus-visible { outline: 3px solid var(--accent); border-radius: 6px; }
.spring { flex: 1; }
.card {
  display: grid; gap: 16px; justify-items: start; padding: 20px; background: var(--surface); border: 1px solid var(--line);
  border-radius: 16px; box-shadow: var(--shadow);
}
.card > * { max-inline-size: 100%; }
.card h3, .ended h3 { font-size: 0.9375rem; font-weight: 650; }
.empty-page {
  display: grid; gap: 12px; justify-items: center; text-align: center; max-inline-size: 520px; margin: 10vh auto 0;
  padding: 34px 28px; background: var(--surface); border: 1px solid var(--line); border-radius: 16px;
}
.empty-page p { color: var(--muted); }
.button { display: inline-flex; align-items: center; justify-content: center; gap: 8px; }
.button.outline {
  background: var(--surface); color: var(--text); border-color: light-dark(#b9c5cc, #47565f); min-block-size: 38px;
  padding: 4px 14px; font-size: 0.9375rem;
}
.button.outline:hover { background: var(--raised); }
.button:disabled { cursor: not-allowed; color: var(--muted); background: var(--raised); border-color: var(--line); }
.button.quiet:disabled { background: transparent; border-color: transparent; opacity: 0.6; }
button.link { padding: 4px 0; border: 0; background: none; color: var(--accent); cursor: pointer; text-decoration: underline; text-underline-offset: 0.18em; font-variant-numeric: tabular-nums; }
.back { display: inline-flex; align-items: center; gap: 4px; justify-self: start; font-weight: 600; text-decoration: none; font-size: 0.9375rem; }
.back:hover { text-decoration: underline; }
[dir='rtl'] .back .icon { scale: -1 1; }
.none, .notice[data-tone='plain'] {
  padding: 26px; border: 1px dashed light-dark(#b9c5cc, #47565f); border-radius: 14px; color: var(--muted); text-align: center;
  justify-content: center;
}
.notice { display: flex; gap: 10px; align-items: center; padding: 12px 16px; border-radius: 12px; font-size: 0.9375rem; color: var(--muted); }
.notice[data-tone='red'] { background: var(--red-tint); color: var(--red-text); border: 1px solid var(--red-line); }
.notice .icon[hidden] { display: none; }
.stale {
  display: flex; gap: 10px; align-items: center; padding: 10px 16px; border-radius: 12px; font-size: 0.9375rem;
  background: var(--yellow-tint); color: var(--yellow-text); border: 1px dashed currentColor;
}
.spinner {
  flex: none; inline-size: 1em; block-size: 1em; border-radius: 50%; border: 2px solid currentColor;
  border-inline-end-color: transparent; animation: turn 900ms linear infinite;
}
@keyframes turn { to { rotate: 1turn; } }

.badge, .payment-state, .chip-state { display: inline-flex; align-items: center; gap: 6px; font-weight: 600; }
.badge { padding: 3px 11px 3px 8px; border-radius: 99px; font-size: 0.875rem; background: var(--raised); color: var(--muted); white-space: nowrap; border: 1px solid transparent; }
.badge .icon { inline-size: 1.1em; block-size: 1.1em; }
.badge[data-tone='green'] { background: var(--green-tint); color: var(--green-text); border-color: var(--green-line); }
.badge[data-tone='yellow'] { background: var(--yellow-tint); color: var(--yellow-text); border-color: var(--yellow-line); }
.badge[data-tone='red'] { background: var(--red-tint); color: var(--red-text); border-color: var(--red-line); }
.badge[data-icon='record'][data-tone='red'] .icon { fill: currentColor; }

.field-label { display: grid; gap: 4px; font-size: 0.8125rem; color: var(--muted); font-weight: 550; }
.field-label.inline { display: inline-flex; align-items: center; gap: 8px; }
select, .field-label input {
  font: inherit; font-weight: 450; font-size: 0.9375rem; color: var(--text); min-block-size: 40px; padding: 6px 10px; border-radius: 10px;
  background: var(--surface); border: 1px solid light-dark(#8a98a2, #62727d); max-inline-size: 100%; min-inline-size: 0;
}
.searched { color: var(--muted); font-size: 0.875rem; }
`;

const live = `
.tiles { list-style: none; display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px; }
.tile { padding: 14px 18px; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; color: var(--muted); font-size: 0.875rem; }
.tile strong { display: block; color: var(--text); font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; font-weight: 680; font-variant-numeric: tabular-nums; }
.cards { list-style: none; display: grid; gap: 12px; }
.call-card { display: grid; gap: 14px; padding: 16px 18px; background: var(--surface); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow); }
/* Paler, and as easy to read. */
.section[data-stale] .cards, .section[data-stale] .tiles { filter: saturate(0.35); }
.call-head { display: grid; grid-template-columns: minmax(0, 1fr) auto 200px; gap: 8px 18px; align-items: center; }
.who { display: grid; gap: 1px; min-inline-size: 0; }
.caller { font-weight: 650; font-size: 1.0625rem; overflow-wrap: anywhere; text-align: start; }
.who small { display: flex; flex-wrap: wrap; align-items: center; gap: 0 4px; }
.call-state { display: flex; align-items: center; gap: 12px; }
.duration { font-variant-numeric: tabular-nums; font-weight: 600; min-inline-size: 3.6em; text-align: end; }
.call-recording { display: grid; gap: 2px; justify-items: end; }
.no-payment { color: var(--muted); font-size: 0.875rem; padding-block-start: 12px; border-block-start: 1px solid var(--line); }
.payment { display: grid; gap: 10px; padding-block-start: 12px; border-block-start: 1px solid var(--line); }
.payment-line { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; }
.payment-state { color: var(--muted); }
.payment-state[data-tone='yellow'] { color: var(--yellow-text); }
.payment-state[data-tone='green'] { color: var(--green-text); }
.payment-state[data-tone='red'] { color: var(--red-text); }
.chips { list-style: none; display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 10px; }
.chip { display: grid; gap: 2px; align-content: start; padding: 9px 13px; border: 1px solid var(--line); border-radius: 10px; min-inline-size: 0; }
.chip-label { font-size: 0.8125rem; color: var(--muted); }
.chip-state { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.chip-state .icon { inline-size: 1.5em; block-size: 1.5em; padding: 3px; border-radius: 50%; background: light-dark(#e6ebee, #2a363e); }
.chip[data-tone='yellow'] .icon { background: var(--yellow); color: #3f2d02; }
.chip[data-tone='green'] .icon { background: var(--green); color: light-dark(#ffffff, #052e14); }
.chip[data-tone='red'] .icon { background: var(--red); color: light-dark(#ffffff, #3b0a0a); }
.chip[data-tone='neutral'] .chip-state { font-weight: 450; color: var(--muted); }
.chip[data-tone='yellow'] { background: var(--yellow-tint); border-color: var(--yellow-line); }
.chip[data-tone='yellow'] .chip-state { color: var(--yellow-text); }
.chip[data-tone='green'] { background: var(--green-tint); border-color: var(--green-line); }
.chip[data-tone='green'] .chip-state { color: var(--green-text); }
.chip[data-tone='red'] { background: var(--red-tint); border-color: var(--red-line); }
.chip[data-tone='red'] .chip-state { color: var(--red-text); }
.ended { display: grid; gap: 10px; margin-block-start: 10px; }
.ended .call-card { box-shadow: none; background: transparent; }
`;

const past = `
.filter { display: flex; flex-wrap: wrap; align-items: end; gap: 12px; padding: 14px 16px; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; }
.filter .field-label { flex: 1 1 150px; }
.filter .field-label:nth-of-type(-n + 2) { flex-basis: 200px; }
table.data { inline-size: 100%; border-collapse: separate; border-spacing: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 14px; overflow: hidden; font-size: 0.9375rem; }
.card table.data { border-radius: 10px; }
.data th { text-align: start; font-size: 0.8125rem; font-weight: 600; color: var(--muted); padding: 10px 14px; background: var(--raised); border-block-end: 1px solid var(--line); white-space: nowrap; }
.data td { padding: 10px 14px; border-block-end: 1px solid var(--line); vertical-align: top; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
.data tbody tr:last-child td { border-block-end: 0; }
.data tbody tr:hover td { background: var(--raised); }
.data tr[aria-current='true'] td { background: light-dark(#e9f5f3, #12302d); }
.data tr[data-broken] td { background: var(--red-tint); color: var(--red-text); }
.data tr[data-broken] small, .data tr[data-broken] a, .data tr[data-broken] .about { color: inherit; }
.data td small { display: block; }
.about { list-style: none; color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.more { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; justify-content: space-between; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 14px 24px; inline-size: 100%; }
.facts dt { font-size: 0.8125rem; color: var(--muted); }
.facts dd { overflow-wrap: anywhere; }
ul.plain { list-style: none; display: grid; gap: 6px; }
.timeline { list-style: none; inline-size: 100%; }
.timeline li {
  position: relative; display: grid; grid-template-columns: 4.4em 15em minmax(0, 1fr) auto; gap: 4px 16px;
  align-items: center; padding: 7px 0; border-block-end: 1px solid var(--line); font-size: 0.9375rem;
}
.timeline li:last-child { border-block-end: 0; }
.timeline .badge { justify-self: start; }
.offset { font-variant-numeric: tabular-nums; text-align: end; color: var(--muted); }
.entry-detail { color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.entry-link { font-size: 0.8125rem; font-variant-numeric: tabular-nums; white-space: nowrap; }

.player { justify-items: stretch; }
.wave { display: grid; gap: 4px; }
.lanes { position: relative; block-size: 200px; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat, var(--raised); cursor: pointer; }
.waveform { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; color: light-dark(#0f6b62, #2dd4bf); }
.lane-name { position: absolute; inset-block-start: 6px; inset-inline-start: 8px; font-size: 0.75rem; font-weight: 600; color: var(--text); background: color-mix(in srgb, var(--surface) 86%, transparent); padding: 0 6px; border-radius: 6px; z-index: 1; }
.lane-name.lower { inset-block-start: calc(50% + 6px); }
.gap {
  position: absolute; inset-block: 0; min-inline-size: 3px; display: grid; place-items: center; overflow: hidden;
  border-inline: 2px solid light-dark(#a16207, #facc15);
  background: repeating-linear-gradient(45deg, rgb(250 204 21 / 20%) 0 7px, rgb(250 204 21 / 8%) 7px 14px);
}
.gap[data-kind='masked'] { background: repeating-linear-gradient(90deg, rgb(250 204 21 / 24%) 0 3px, transparent 3px 9px); }
.gap span { padding: 1px 8px; border-radius: 99px; background: #facc15; color: #3f2d02; font-size: 0.75rem; font-weight: 650; white-space: nowrap; }
.playhead { position: absolute; inset-block: 0; inline-size: 2px; background: light-dark(#c81e1e, #f87171); z-index: 2; }
.axis { position: relative; block-size: 1.3em; font-size: 0.75rem; color: var(--muted); font-variant-numeric: tabular-nums; overflow: hidden; }
.axis span { position: absolute; padding-inline-start: 2px; }
.controls { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; }
.controls input[type='range'] { flex: 1 1 180px; accent-color: var(--accent); min-block-size: 28px; min-inline-size: 0; }
.player-time { font-variant-numeric: tabular-nums; font-size: 0.9375rem; white-space: nowrap; }
.play { min-inline-size: 108px; }

.verdict { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: center; padding: 16px 18px; border-radius: 16px; background: var(--surface); border: 1px solid var(--line); }
.verdict-text { flex: 1 1 260px; display: grid; gap: 2px; min-inline-size: 0; }
.verdict-text strong { font-weight: 650; font-size: 1.0625rem; }
.verdict-buttons { display: flex; flex-wrap: wrap; gap: 10px; }
.verdict[data-tone='green'] { background: var(--green-tint); border-color: var(--green-line); }
.verdict[data-tone='green'] strong { color: var(--green-text); }
.verdict[data-tone='red'] { background: var(--red-tint); border-color: var(--red-line); }
.verdict[data-tone='red'] :is(strong, p) { color: var(--red-text); }
.hash { font-size: 0.8125rem; color: var(--muted); }
.hash small { display: block; }
.verdict .hash, .verdict .hash small { color: light-dark(#46545f, #a3b3be); }
.indicator { flex: none; display: grid; place-items: center; inline-size: 40px; block-size: 40px; border-radius: 50%; color: var(--muted); background: light-dark(#e6ebee, #2a363e); }
.verdict[data-tone='green'] .indicator { background: var(--green); color: light-dark(#ffffff, #052e14); }
.verdict[data-tone='red'] .indicator { background: var(--red); color: light-dark(#ffffff, #3b0a0a); }
.pager, .go-to, .export { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.pager .go-to { margin-inline-start: auto; }
.go-to input { inline-size: 7em; }
.export-status { color: var(--muted); font-size: 0.875rem; }
.parts { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 12px; }
.part { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 12px 16px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; font-weight: 600; }
`;

const narrow = `
@media (max-width: 820px) {
  .sections { padding-inline: 0; }
  .oversight { padding: 18px 12px 40px; }
  .call-head { grid-template-columns: minmax(0, 1fr) auto; }
  .call-recording { grid-column: 1 / -1; grid-auto-flow: column; justify-content: start; align-items: center; gap: 10px; }
  table.data, .data tbody, .data tr, .data td { display: block; }
  table.data { position: relative; }
  .data thead { display: block; position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; }
  .data tr { padding: 10px 14px; border-block-end: 1px solid var(--line); }
  .data tbody tr:last-child { border-block-end: 0; }
  .data td { display: grid; grid-template-columns: minmax(90px, 34%) minmax(0, 1fr); gap: 10px; padding: 4px 0; border: 0; overflow-wrap: anywhere; }
  .data td::before { content: attr(data-label); color: var(--muted); font-size: 0.8125rem; }
  .data tbody tr:hover td, .data tr[aria-current='true'] td, .data tr[data-broken] td { background: transparent; }
  .data tr[aria-current='true'] { background: light-dark(#e9f5f3, #12302d); }
  .data tr[data-broken] { background: var(--red-tint); }
  .data tr[data-broken] td::before { color: inherit; }
  .timeline li { grid-template-columns: 3.6em minmax(0, 1fr); gap: 2px 12px; align-items: start; }
  .timeline .entry-detail, .timeline .entry-link { grid-column: 2; }
}
@media (max-width: 560px) {
  .bar { gap: 6px 10px; }
  .account { order: 3; flex: 1 1 100%; }
  .bar .button.quiet { padding-inline: 4px; }
  .part-name { display: none; }
  .call-head { grid-template-columns: minmax(0, 1fr); }
  .chips { grid-template-columns: minmax(0, 1fr); }
  .tiles { gap: 8px; }
  .tile { padding: 10px 12px; font-size: 0.8125rem; }
  .card { padding: 16px 14px; }
  .badge { white-space: normal; }
  .pager .go-to { margin-inline-start: 0; }
  .verdict-buttons, .verdict-buttons .button { flex: 1 1 100%; }
  .lanes { block-size: 150px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 1ms; animation-iteration-count: 1; transition: none; }
}
@media (forced-colors: active) {
  .badge, .chip, .gap, .indicator, .verdict { border: 1px solid CanvasText; }
}
`;

export const oversightCss = basics + frame + live + past + narrow;
