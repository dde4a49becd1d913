/**
 * The panel's look. Everything a page may want to change is a custom property with a `--tonegate-` name; the values
 * here are the defaults, light and dark. What they do not reach, `::part()` does: panel, headline, recording,
 * recording-state, field, indicator, time-left, token, button and each button's own name. Logical properties
 * throughout, so that right-to-left needs no second sheet.
 */
export const panelCss = `
:host {
  color-scheme: light dark;
  --accent: var(--tonegate-accent, light-dark(#0f6b62, #2dd4bf));
  --on-accent: var(--tonegate-on-accent, light-dark(#ffffff, #04211d));
  --surface: var(--tonegate-surface, light-dark(#ffffff, #141c22));
  --raised: var(--tonegate-raised, light-dark(#f5f7f8, #1c262d));
  --text: var(--tonegate-text, light-dark(#14212b, #e8eef2));
  --muted: var(--tonegate-muted, light-dark(#52616d, #a3b3be));
  --line: var(--tonegate-line, light-dark(#dde4e8, #2d3a43));
  --green: var(--tonegate-green, light-dark(#15803d, #22c55e));
  --green-tint: var(--tonegate-green-tint, light-dark(#effaf3, #12281b));
  --green-text: var(--tonegate-green-text, light-dark(#14602f, #86efac));
  --yellow: var(--tonegate-yellow, light-dark(#facc15, #facc15));
  --yellow-tint: var(--tonegate-yellow-tint, light-dark(#fefaea, #2a2410));
  --yellow-text: var(--tonegate-yellow-text, light-dark(#6b4a05, #fde68a));
  --red: var(--tonegate-red, light-dark(#dc2626, #f87171));
  --red-tint: var(--tonegate-red-tint, light-dark(#fef3f2, #301719));
  --red-text: var(--tonegate-red-text, light-dark(#991b1b, #fecaca));
  --radius: var(--tonegate-radius, 16px);
  --font: var(--tonegate-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif);
  display: block;
  container-type: inline-size;
  font-family: var(--font);
  font-size: 1rem;
  line-height: 1.45;
  color: var(--text);
  text-align: start;
}
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
h2, p, ol { margin: 0; padding: 0; }
ol { list-style: none; }
.icon {
  inline-size: 1.25em; block-size: 1.25em; flex: none; fill: none; stroke: currentColor;
  stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
.said {
  position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

.panel {
  position: relative; display: grid; gap: 18px; padding: 22px;
  background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius);
  box-shadow: 0 1px 2px rgb(16 32 44 / 6%), 0 8px 28px rgb(16 32 44 / 7%);
}
.head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: 10px 20px; }
.who { min-inline-size: 0; flex: 1 1 180px; }
h2 { font-size: 1.125rem; font-weight: 650; letter-spacing: -0.01em; }
.caller { color: var(--muted); font-size: 0.9375rem; overflow-wrap: anywhere; }
.caller .name { color: var(--text); }

.recording { display: grid; gap: 6px; justify-items: end; font-size: 0.875rem; flex: 0 1 auto; }
.recording-line { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 6px; }
.pill {
  display: inline-flex; align-items: center; gap: 6px; padding: 4px 10px 4px 8px; border-radius: 99px;
  background: var(--raised); color: var(--muted); font-weight: 550; white-space: nowrap;
}
.pill[data-state='recording'] { background: var(--red-tint); color: var(--red-text); }
.pill[data-state='recording'] .icon { fill: currentColor; }
.pill[data-state='paused'] { background: var(--yellow-tint); color: var(--yellow-text); }
.locked { display: flex; gap: 5px; align-items: flex-start; color: var(--muted); font-size: 0.8125rem; text-align: start;
  /* As wide as the line above, whatever it says. */
  inline-size: 0; min-inline-size: 100%; justify-content: flex-end;
}
.locked .icon { inline-size: 1.1em; block-size: 1.1em; margin-block-start: 0.15em; }

button {
  font: inherit; font-weight: 600; color: var(--text); cursor: pointer; min-block-size: 42px; padding: 8px 18px;
  display: inline-flex; align-items: center; justify-content: center; gap: 8px;
  background: var(--surface); border: 1px solid light-dark(#b9c5cc, #47565f); border-radius: 10px;
  transition: background-color 120ms, border-color 120ms, opacity 120ms;
}
button:hover { background: var(--raised); }
button:focus-visible, .title:focus-visible, .token-value:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 10px;
}
.title:focus { outline: none; }
.title:focus-visible { outline: 3px solid var(--accent); }
button:disabled { cursor: not-allowed; opacity: 0.5; background: var(--raised); }
button[aria-busy='true'] { cursor: progress; }
button[aria-busy='true']::before {
  content: ''; inline-size: 0.9em; block-size: 0.9em; border-radius: 50%; border: 2px solid currentColor;
  border-inline-end-color: transparent; animation: turn 800ms linear infinite;
}
button.primary { background: var(--accent); border-color: transparent; color: var(--on-accent); }
button.primary:hover { background: color-mix(in srgb, var(--accent) 88%, black); }
button.primary:disabled { background: var(--raised); color: var(--muted); border-color: var(--line); opacity: 1; }
button.quiet { border-color: transparent; background: transparent; color: var(--muted); }
button.quiet:hover { background: var(--raised); color: var(--text); }
button.small { min-block-size: 32px; padding: 3px 11px; font-size: 0.8125rem; border-radius: 8px; }

.connection, .problem {
  display: flex; gap: 10px; align-items: center; padding: 10px 14px; border-radius: 10px; font-size: 0.9375rem;
}
.connection { background: var(--yellow-tint); color: var(--yellow-text); border: 1px dashed currentColor; }
.connection .spinner {
  flex: none; inline-size: 1em; block-size: 1em; border-radius: 50%; border: 2px solid currentColor;
  border-inline-end-color: transparent; animation: turn 900ms linear infinite;
}
.problem { background: var(--red-tint); color: var(--red-text); }

.headline { display: flex; gap: 14px; align-items: center; padding: 14px 16px; border-radius: 12px; background: var(--raised); }
.headline[data-tone='yellow'] { background: var(--yellow-tint); }
.headline[data-tone='green'] { background: var(--green-tint); }
.headline[data-tone='red'] { background: var(--red-tint); }
.headline strong { display: block; font-weight: 650; }
.headline[data-tone='yellow'] strong { color: var(--yellow-text); }
.headline[data-tone='green'] strong { color: var(--green-text); }
.headline[data-tone='red'] strong { color: var(--red-text); }
.headline p { color: var(--muted); font-size: 0.9375rem; }
.headline[data-phase='vaulted'] { padding-block: 20px; }
.headline[data-phase='vaulted'] strong { font-size: 1.1875rem; letter-spacing: -0.01em; }
.headline[data-phase='vaulted'] .indicator { inline-size: 46px; block-size: 46px; font-size: 1.25rem; }

.indicator {
  flex: none; display: grid; place-items: center; inline-size: 36px; block-size: 36px; border-radius: 50%;
  color: var(--muted); background: light-dark(#e6ebee, #2a363e);
}
[data-tone='yellow'] > .indicator { background: var(--yellow); color: #3f2d02; }
[data-tone='green'] > .indicator { background: var(--green); color: light-dark(#ffffff, #052e14); }
[data-tone='red'] > .indicator { background: var(--red); color: light-dark(#ffffff, #3b0a0a); }
[data-tone='yellow'] > .indicator .icon { stroke-width: 2.6; }

.say { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; padding-inline: 4px; }
.say .icon { grid-row: span 2; color: var(--accent); margin-block-start: 2px; }
.say small { color: var(--muted); font-size: 0.8125rem; }
.say q { quotes: auto; font-size: 1.0313rem; }
.hint { color: var(--muted); font-size: 0.875rem; padding-inline-start: 36px; margin-block-start: -8px; }

.fields { display: grid; gap: 10px; }
.field {
  display: grid; grid-template-columns: auto 1fr auto; align-items: center; gap: 14px;
  padding: 12px 14px; border: 1px solid var(--line); border-radius: 12px;
  transition: background-color 160ms, border-color 160ms;
}
.field[data-tone='yellow'] { background: var(--yellow-tint); border-color: light-dark(#e6c454, #7a661c); }
.field[data-tone='green'] { background: var(--green-tint); border-color: light-dark(#aadcbc, #245c38); }
.field[data-tone='red'] { background: var(--red-tint); border-color: light-dark(#f3b4b0, #7c3337); }
.field .label { font-size: 0.875rem; color: var(--muted); }
.field .value { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; font-weight: 600; min-inline-size: 0; }
.field[data-tone='neutral'] .value { font-weight: 450; color: var(--muted); }
.field[data-tone='yellow'] .text { color: var(--yellow-text); }
.field[data-tone='green'] .text { color: var(--green-text); font-variant-numeric: tabular-nums; letter-spacing: 0.02em; }
.field[data-tone='red'] .text { color: var(--red-text); }
.field .detail { font-weight: 450; font-size: 0.875rem; color: var(--muted); overflow-wrap: anywhere; }
.field .time-left { font-size: 0.875rem; color: var(--yellow-text); font-variant-numeric: tabular-nums; white-space: nowrap; }
.dots { display: inline-flex; flex-wrap: wrap; gap: 4px; align-items: center; min-block-size: 1em; }
.dots i { inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--yellow-text); animation: pop 140ms ease-out; }

.token { display: grid; gap: 8px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 12px; }
.token-line { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; justify-content: space-between; }
.token small { color: var(--muted); font-size: 0.8125rem; }
.token-value {
  font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; font-size: 0.9375rem;
  overflow-wrap: anywhere; user-select: all; min-inline-size: 0; flex: 1 1 200px;
}

.actions { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; }
.actions .spring { flex: 1; }

/* Joined scripts must not be pulled apart or pushed together. */
:lang(ar) { letter-spacing: normal !important; }

@keyframes turn { to { rotate: 1turn; } }
@keyframes pop { from { scale: 0; } }

@container (max-width: 28.75rem) {
  .panel { padding: 16px; gap: 14px; border-radius: 12px; }
  .recording { justify-items: start; }
  .recording-line { justify-content: flex-start; }
  .locked { text-align: start; justify-content: flex-start; }
  .field { grid-template-columns: auto 1fr; gap: 10px 12px; }
  .field button { grid-column: 1 / -1; inline-size: 100%; }
  .actions button { flex: 1 1 100%; }
  .actions .spring { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 1ms !important; animation-iteration-count: 1 !important; transition: none !important; }
}
@media (forced-colors: active) {
  .indicator, .pill, .headline, .field { border: 1px solid CanvasText; }
  .dots i { background: CanvasText; forced-color-adjust: none; }
}
`;
