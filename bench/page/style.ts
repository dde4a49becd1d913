/** The page's style sheet; it takes light or dark from the reader. */

export const STYLE = `
:root { color-scheme: light dark; --text: #1b1b1f; --muted: #5c5f66; --page: #ffffff; --line: #d5d7dc;
  --pass: #1a7f37; --miss: #b3261e; --none: #8a6100; --c0: #0a6ebd; --c1: #c2410c; --c2: #6b4fbb;
  --g0: #d9f0df; --g1: #f3f0c6; --g2: #fbdcb5; --g3: #f6c4bf; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e4e8; --muted: #a0a3ab; --page: #16171a; --line: #3a3c42;
  --pass: #5fd07f; --miss: #ff8a80; --none: #e5b94e; --c0: #6cb8ff; --c1: #ff9d66; --c2: #b9a3ff;
  --g0: #16381f; --g1: #3f3b12; --g2: #51351a; --g3: #55221f; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 64rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem }
p, li { max-width: 48rem } .muted, footer { color: var(--muted) }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
td.number { text-align: right } thead th { border-bottom-width: 2px }
.pass { color: var(--pass); font-weight: 600 } .miss { color: var(--miss); font-weight: 600 }
.none { color: var(--none); font-weight: 600 }
.grade-0 { background: var(--g0) } .grade-1 { background: var(--g1) } .grade-2 { background: var(--g2) }
.grade-3 { background: var(--g3) } .absent { color: var(--muted) }
svg { width: 100%; height: auto; display: block; margin: .6rem 0 } svg text { fill: currentColor; font-size: 12px }
svg .grid { stroke: var(--line) } svg .key { fill: var(--c1) } svg .curve { fill: none; stroke-width: 2 }
svg .curve-0 { stroke: var(--c0) } svg .curve-1 { stroke: var(--c1) } svg .curve-2 { stroke: var(--c2) }
svg .marker.curve-0 { fill: var(--c0) } svg .marker.curve-1 { fill: var(--c1) } svg .marker.curve-2 { fill: var(--c2) }
code { background: color-mix(in srgb, var(--line) 40%, transparent); padding: .1rem .35rem; border-radius: 3px }
ul.notes { font-size: .82rem; color: var(--muted); padding-left: 1.2rem; margin-top: .4rem }
`;
