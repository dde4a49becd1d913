/** The look of the demo's page, on top of `page-styles.ts`: the panel's own colours, as the same things are shown. */
export const demoCss = `
h3 { margin: 0; font-size: 0.8125rem; font-weight: 600; color: var(--muted); }
ol { margin: 0; padding: 0; list-style: none; }
.demo .bar h1 { flex: none; }
.demo .bar p { color: var(--muted); font-size: 0.875rem; margin-inline-start: 6px; }
.lost { margin: 0; padding: 10px 20px; background: var(--red-tint); color: var(--red-text); }
main { display: grid; gap: 12px; padding: 8px 20px 28px; max-inline-size: 1680px; margin-inline: auto; }

.tour {
  position: sticky; inset-block-start: 0; z-index: 2; padding-block: 8px; background: light-dark(#eef2f4, #0b1115);
  display: flex; flex-wrap: wrap; align-items: center; gap: 10px 22px; }
.tour ol { display: flex; flex-wrap: wrap; gap: 6px; counter-reset: step; }
.tour li {
  counter-increment: step; display: flex; align-items: center; gap: 8px; padding: 5px 14px 5px 6px; border-radius: 99px;
  color: var(--muted); font-size: 0.875rem; font-weight: 600; border: 1px solid var(--line); background: var(--surface);
}
.tour li::before {
  content: counter(step); display: grid; place-items: center; inline-size: 24px; block-size: 24px; border-radius: 50%;
  background: var(--raised); color: var(--muted); font-size: 0.8125rem;
}
.tour li[data-done]::before { content: '\\2713'; background: var(--green-tint); color: var(--green-text); }
.tour li[aria-current] { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.tour li[aria-current]::before { background: var(--on-accent); color: var(--accent); }
.caption { margin: 0; font-size: 1.0313rem; font-weight: 550; flex: 1 1 380px; min-block-size: 2.9em; display: grid; align-items: center; }

.columns { display: grid; grid-template-columns: 316px minmax(400px, 1fr) minmax(400px, 1fr); gap: 16px; align-items: start; }
.column {
  display: grid; grid-template-rows: auto 1fr; gap: 14px; padding: 16px 18px 18px; min-inline-size: 0; align-content: start;
  background: var(--surface); border: 1px solid var(--line); border-radius: 16px;
  box-shadow: var(--shadow);
}
.column > header { display: grid; gap: 1px; }
.column h2 { font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.01em; }
.column > header p { color: var(--muted); font-size: 0.875rem; }
.column.agent { padding: 0; gap: 0; overflow: hidden; }
.column.agent > header { padding: 16px 18px 12px; border-block-end: 1px solid var(--line); }
.column.agent { grid-template-rows: auto auto 1fr; }
.answers { padding: 12px 18px; border-block-end: 1px solid var(--line); }
.column.caller, .column.lanes { position: sticky; inset-block-start: 76px; }
.choice:disabled { opacity: 0.75; }
.agent-screen { inline-size: 100%; block-size: 100%; min-block-size: 740px; border: 0; display: block; }

.phone { display: grid; gap: 14px; align-content: start; }
.display { display: grid; gap: 2px; padding: 11px 14px; border-radius: 12px; background: var(--raised); min-block-size: 84px; align-content: center; }
.display strong { font-weight: 650; }
.display .hint { margin: 0; color: var(--muted); font-size: 0.9375rem; }
.phone[data-state='on-call'] .display { background: var(--green-tint); }
.phone[data-state='on-call'] .display strong { color: var(--green-text); }
.phone .problem { margin: 0; padding: 8px 12px; border-radius: 10px; background: var(--red-tint); color: var(--red-text); font-size: 0.875rem; }
.phone .key { min-block-size: 50px; border-color: var(--line); }
.phone .key.pressed { background: var(--yellow); border-color: var(--yellow); color: #3f2d02; transition: none; }
.chip:disabled { cursor: not-allowed; color: var(--muted); background: transparent; }
.dials { display: grid; }
.dial {
  display: flex; align-items: center; justify-content: center; gap: 8px; min-block-size: 46px; font-weight: 650;
  border: 0; border-radius: 99px; cursor: pointer; background: var(--green); color: light-dark(#ffffff, #052e14);
}
.dial.hang-up { background: var(--red); color: light-dark(#ffffff, #3b0a0a); }
.dial.hang-up .icon { rotate: 135deg; }
.choice { border: 0; margin: 0; padding: 0; min-inline-size: 0; }
.choice legend { padding: 0 0 5px; font-size: 0.8125rem; font-weight: 600; color: var(--muted); }
.choice .options { display: flex; gap: 2px; padding: 3px; border-radius: 11px; background: var(--raised); border: 1px solid var(--line); }
.choice label { position: relative; flex: 1 1 auto; display: grid; cursor: pointer; }
.choice input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.choice span {
  display: grid; place-items: center; padding: 5px 8px; border-radius: 8px; font-size: 0.8125rem; font-weight: 550;
  text-align: center; line-height: 1.2; color: var(--muted);
}
.choice input:checked + span { background: var(--surface); color: var(--text); box-shadow: 0 1px 3px rgb(16 32 44 / 22%); }
.choice input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 1px; }
.switch { display: flex; align-items: center; gap: 10px; font-size: 0.875rem; cursor: pointer; }
.switch input {
  appearance: none; flex: none; inline-size: 38px; block-size: 22px; margin: 0; border-radius: 99px; background: light-dark(#8a98a2, #62727d);
  cursor: pointer; transition: background-color 120ms; display: grid; align-items: center;
}
.switch input::before {
  content: ''; inline-size: 16px; block-size: 16px; margin-inline-start: 3px; border-radius: 50%; background: #fff; transition: translate 120ms;
}
.switch input:checked { background: var(--accent); }
.switch input:checked::before { translate: 16px; }
.cards { display: grid; gap: 8px; }
.cards ul { list-style: none; display: grid; gap: 10px; }
.card { display: grid; gap: 4px; }
.card-name { font-size: 0.875rem; font-weight: 600; display: flex; gap: 8px; align-items: baseline; }
.card-name small { font-weight: 450; color: var(--muted); font-size: 0.8125rem; }
.chips { display: flex; flex-wrap: wrap; gap: 5px; }
.chip {
  min-block-size: 32px; padding: 3px 8px; font-size: 0.75rem; font-variant-numeric: tabular-nums; font-weight: 550;
  background: var(--raised); border: 1px solid var(--line); border-radius: 9px; cursor: pointer;
}
.chip:hover:enabled { border-color: light-dark(#8a98a2, #62727d); }
.chip[data-awaited]:enabled { background: var(--yellow-tint); border-color: var(--yellow-line); color: var(--yellow-text); font-weight: 650; }

.travels { display: grid; gap: 12px; align-content: start; }
.lane { display: grid; gap: 4px; }
.lane h3 { display: flex; align-items: center; justify-content: space-between; min-block-size: 24px; }
.plot { inline-size: 100%; block-size: 160px; display: block; border-radius: 10px; background: var(--raised); }
.badge:empty { display: none; }
.badge { padding: 2px 10px; border-radius: 99px; font-size: 0.75rem; font-weight: 600; background: var(--raised); color: var(--muted); }
.badge[data-secured] { background: var(--green-tint); color: var(--green-text); }
.counts { inline-size: 100%; border-collapse: collapse; font-size: 0.8125rem; }
.counts caption { text-align: start; padding-block-end: 4px; font-weight: 600; color: var(--muted); }
.counts th { font-weight: 550; text-align: start; color: var(--muted); padding: 5px 6px; vertical-align: bottom; line-height: 1.25; }
.counts thead th + th, .counts td { text-align: end; }
.counts td { font-variant-numeric: tabular-nums; font-size: 1.0625rem; font-weight: 650; padding: 4px 6px; }
.counts tbody tr { border-block-start: 1px solid var(--line); }
.counts tbody th { color: var(--text); }
.counts tbody td:last-child { color: var(--accent); }
.log {
  block-size: 218px; overflow-y: auto; padding: 8px 12px; border: 1px solid var(--line);
  border-radius: 10px; font-size: 0.8125rem;
}
.log ol { display: grid; gap: 3px; }
.log li { display: grid; grid-template-columns: auto 1fr; gap: 10px; overflow-wrap: anywhere; }
.log time { color: var(--muted); font-variant-numeric: tabular-nums; }
.log [data-tone='yellow'] span { color: var(--yellow-text); }
.log [data-tone='green'] span { color: var(--green-text); font-weight: 600; }
.log [data-tone='red'] span { color: var(--red-text); font-weight: 600; }

.orders { display: grid; grid-template-columns: minmax(260px, 1fr) 3fr; gap: 18px; align-items: center; }
.method { display: grid; gap: 3px; }
.method small { color: var(--muted); font-size: 0.8125rem; }
.token { font-family: ui-monospace, 'SF Mono', 'DejaVu Sans Mono', monospace; font-size: 0.9375rem; overflow-wrap: anywhere; font-weight: 600; }
.token[data-used] { color: var(--muted); text-decoration: line-through; }
.orders ul { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 12px; }
.order {
  display: grid; grid-template-columns: 1fr auto auto; gap: 6px 14px; align-items: center; align-content: center; padding: 12px 14px;
  border: 1px solid var(--line); border-radius: 12px; min-block-size: 70px;
}
.order[data-state='paid'] { background: var(--green-tint); border-color: var(--green-line); }
.order[data-state='refused'] { background: var(--red-tint); border-color: var(--red-line); }
.what { display: grid; }
.what span { color: var(--muted); font-size: 0.875rem; }
.amount { font-size: 1.125rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.order .button:disabled { background: var(--raised); color: var(--muted); border-color: var(--line); cursor: not-allowed; }
.outcome { grid-column: 1 / -1; margin: 0; display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: flex-start; font-size: 0.875rem; font-weight: 550; }
.outcome span { flex: 1 1 200px; }
.outcome code { font-size: 0.8125rem; color: inherit; flex-basis: 100%; padding-inline-start: 1.9em; }
.order[data-state='paid'] .outcome { color: var(--green-text); }
.order[data-state='refused'] .outcome { color: var(--red-text); }

@media (max-width: 1180px) {
  .columns { grid-template-columns: 316px minmax(0, 1fr); }
  .column.lanes { grid-column: 1 / -1; position: static; }
  .orders { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 780px) {
  main { padding: 10px; }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .column.caller, .tour { position: static; }
  .demo .bar p { display: none; }
  .choice .options { flex-wrap: wrap; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; }
}
@media (forced-colors: active) {
  .tour li[aria-current] { outline: 2px solid Highlight; }
  .phone .key.pressed { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .choice input:checked + span { outline: 2px solid Highlight; }
}
`;
