/** The look of the softphone's page, over `page-styles.ts` and in the panel's colours. */
export const softphoneCss = `
.bar { position: sticky; inset-block-start: 0; z-index: 2; flex-wrap: wrap; }
.clock { font-variant-numeric: tabular-nums; }

.lights { list-style: none; display: flex; flex-wrap: wrap; gap: 8px; }
.light {
  display: flex; align-items: center; gap: 8px; padding: 4px 12px 4px 5px; border: 1px solid var(--line);
  border-radius: 99px; font-size: 0.8125rem; background: var(--surface);
}
.light-words { display: flex; gap: 6px; }
.light-label { color: var(--muted); }
.light-text { font-weight: 600; }
.lamp {
  flex: none; display: grid; place-items: center; inline-size: 24px; block-size: 24px; border-radius: 50%;
  color: var(--muted); background: light-dark(#e6ebee, #2a363e);
}
[data-tone='green'] > .lamp, [data-tone='green'] > * > .lamp { background: var(--green); color: light-dark(#ffffff, #052e14); }
[data-tone='yellow'] > .lamp, [data-tone='yellow'] > * > .lamp { background: var(--yellow); color: #3f2d02; }
[data-tone='red'] > .lamp, [data-tone='red'] > * > .lamp { background: var(--red); color: light-dark(#ffffff, #3b0a0a); }
.light .lamp { font-size: 0.75rem; }
.light[data-tone='yellow'] { background: var(--yellow-tint); border-color: var(--yellow-line); }
.light[data-tone='yellow'] .light-label, .light[data-tone='yellow'] .light-text { color: var(--yellow-text); }
.light[data-tone='red'] { background: var(--red-tint); border-color: var(--red-line); }
.light[data-tone='red'] .light-label, .light[data-tone='red'] .light-text { color: var(--red-text); }

.softphone {
  display: grid; grid-template-columns: minmax(0, 1fr) 312px; gap: 20px; align-items: start;
  max-inline-size: 1120px; margin-inline: auto; padding: 22px 20px 40px;
}
.front, .tools { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
.card, .banner, .payment {
  background: var(--surface); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow);
}
.card { padding: 18px; display: grid; gap: 14px; }
.card h2, .payment h2 { font-size: 0.9375rem; font-weight: 650; }

.notices { display: grid; gap: 8px; }
.notices:empty { display: none; }
.notice {
  display: flex; gap: 10px; align-items: center; padding: 10px 14px; border-radius: 12px; border: 1px solid;
  font-size: 0.9375rem;
}
.notice span { flex: 1; }
.notice[data-tone='yellow'] { background: var(--yellow-tint); color: var(--yellow-text); border-color: var(--yellow-line); }
.notice[data-tone='red'] { background: var(--red-tint); color: var(--red-text); border-color: var(--red-line); }

.control {
  display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-block-size: 44px; padding: 8px 16px;
  font-weight: 600; cursor: pointer; color: var(--text); background: var(--surface);
  border: 1px solid light-dark(#b9c5cc, #47565f); border-radius: 11px;
  transition: background-color 120ms, border-color 120ms;
}
.control:hover { background: var(--raised); }
.button:disabled { opacity: 0.5; cursor: not-allowed; }
.control:disabled { cursor: not-allowed; color: var(--muted); background: var(--raised); border-color: var(--line); }
.control.primary:not(:disabled) { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.control.go:not(:disabled) { background: var(--green); border-color: transparent; color: light-dark(#ffffff, #052e14); }
.control.stop:not(:disabled) { background: var(--red); border-color: transparent; color: light-dark(#ffffff, #3b0a0a); }
.control.primary:not(:disabled):hover, .control.go:not(:disabled):hover, .control.stop:not(:disabled):hover {
  filter: brightness(light-dark(0.92, 1.08));
}
.control.toggle[aria-pressed='true'] {
  background: var(--yellow-tint); color: var(--yellow-text); border-color: var(--yellow-line);
}
.control.wide { inline-size: 100%; min-block-size: 48px; }
.control.small { min-block-size: 34px; padding: 4px 12px; font-size: 0.875rem; border-radius: 9px; }

.banner { padding: 20px 22px; display: grid; gap: 16px; border-inline-start: 6px solid var(--line); }
.banner[data-tone='green'] { border-inline-start-color: var(--green); }
.banner[data-tone='yellow'] { border-inline-start-color: var(--yellow); background: var(--yellow-tint); }
.banner[data-tone='red'] { border-inline-start-color: var(--red); }
.banner[data-kind='held'], .banner[data-kind='ended'] { background: var(--surface); }
.banner-head { display: flex; align-items: center; gap: 16px; }
.banner .lamp { inline-size: 52px; block-size: 52px; font-size: 1.3125rem; }
.banner[data-kind='ringing-in'] .lamp { animation: ring 1.4s ease-in-out infinite; }
.banner-words { flex: 1; min-inline-size: 0; }
.who { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
.who:focus { outline: none; }
.who:focus-visible { outline: 3px solid var(--accent); outline-offset: 4px; border-radius: 6px; }
.banner-line { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; color: var(--muted); }
.banner[data-kind='idle'] .banner-line { display: none; }
.banner .status { color: var(--text); font-weight: 550; }
.banner .none { color: var(--muted); }
.banner .clock { font-size: 1.75rem; font-weight: 600; letter-spacing: -0.02em; }
.banner-side { display: flex; align-items: center; gap: 18px; }
.banner-controls { display: flex; flex-wrap: wrap; gap: 10px; }
.banner-controls:not(:has(> :not([hidden]))) { display: none; }
.explanation { color: var(--muted); font-size: 0.875rem; }
.pill {
  display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px 2px 6px; border-radius: 99px;
  font-size: 0.8125rem; font-weight: 600; background: var(--raised); color: var(--muted);
}
.pill[data-tone='red'] { background: var(--red-tint); color: var(--red-text); }
.pill[data-tone='red'] .icon path { fill: currentColor; }
.pill[data-tone='yellow'] { background: var(--yellow-tint); color: var(--yellow-text); }

.lines { list-style: none; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.line {
  display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 10px 12px; align-items: center;
  align-content: center; padding: 14px 16px; border: 1px solid var(--line); border-radius: 14px; background: var(--surface);
}
.line[aria-current='true'] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.line[data-tone='yellow']:not([aria-current='true']) { background: var(--yellow-tint); border-color: var(--yellow-line); }
.line .lamp { inline-size: 34px; block-size: 34px; font-size: 0.9375rem; }
.line-words { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; align-items: baseline; }
.line-label { font-weight: 650; font-size: 0.9375rem; }
.line-status { color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.line-name { grid-column: 1 / -1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.line .clock { color: var(--muted); font-size: 0.9375rem; }
.line-controls { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 8px; }
.line-controls:not(:has(> :not([hidden]))) { display: none; }
.line-controls .control { flex: 1; min-block-size: 40px; padding: 6px 12px; font-size: 0.9375rem; white-space: nowrap; }

.payment { padding: 14px 18px 18px; display: grid; gap: 12px; }
.payment-head { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-block-size: 34px; }
.payment:has(tonegate-panel:not([hidden])) { padding: 0; background: none; border: 0; box-shadow: none; }
.payment .none { color: var(--muted); font-size: 0.9375rem; }

.destination { display: grid; gap: 6px; }
label { font-size: 0.875rem; font-weight: 600; color: var(--muted); }
.sign-in label { color: inherit; }
.destination-line { position: relative; }
input, select {
  min-block-size: 44px; inline-size: 100%; padding: 8px 12px; color: var(--text); background: var(--surface);
  border: 1px solid light-dark(#8a98a2, #62727d); border-radius: 10px;
}
#destination { font-size: 1.125rem; font-variant-numeric: tabular-nums; padding-inline-end: 46px; }
#destination[aria-invalid='true'] { border-color: var(--red); box-shadow: inset 0 0 0 1px var(--red); }
.erase {
  position: absolute; inset-block: 4px; inset-inline-end: 4px; inline-size: 36px; display: grid; place-items: center;
  border: 0; border-radius: 8px; background: transparent; color: var(--muted); cursor: pointer;
}
.erase:hover { background: var(--raised); color: var(--text); }
.pad-note { font-size: 0.8125rem; color: var(--muted); }

.device { display: grid; gap: 8px; }
.choice { display: grid; gap: 6px; }
.sound select { min-block-size: 40px; font-size: 0.9375rem; text-overflow: ellipsis; }
.level-line { display: flex; align-items: center; gap: 8px; color: var(--muted); }
.level { --level: 0%; flex: 1; block-size: 8px; border-radius: 4px; overflow: hidden; background: light-dark(#e0e6ea, #2a363e); }
.level::before {
  content: ''; display: block; block-size: 100%; inline-size: var(--level); border-radius: 4px; background: var(--green);
  transition: inline-size 90ms linear;
}

@keyframes ring { 0%, 60%, 100% { rotate: 0deg; } 10%, 30% { rotate: 9deg; } 20%, 40% { rotate: -9deg; } }

@media (max-width: 900px) {
  .softphone { grid-template-columns: minmax(0, 1fr); padding: 14px 12px 32px; gap: 16px; }
  .lights { order: 1; inline-size: 100%; }
}
@media (max-width: 560px) {
  .lines { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  .banner { padding: 16px; }
  .banner .lamp { inline-size: 42px; block-size: 42px; font-size: 1.0625rem; }
  .who { font-size: 1.25rem; }
  .banner .clock { font-size: 1.3125rem; }
  .banner-head { flex-wrap: wrap; gap: 12px; }
  .banner-side { inline-size: 100%; justify-content: space-between; }
  .banner-side .control { flex: 0 1 60%; }
  .banner-controls .control { flex: 1 1 40%; padding-inline: 10px; }
  .light-words { flex-direction: column; gap: 0; line-height: 1.2; }
  .lights { gap: 6px; }
  .light { flex: 1 1 90px; padding-inline-end: 8px; border-radius: 14px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 1ms; animation-iteration-count: 1; transition: none; }
}
@media (forced-colors: active) {
  .lamp, .light, .line, .notice, .pill, .key { border: 1px solid CanvasText; }
  .level::before { background: CanvasText; forced-color-adjust: none; }
}
`;
