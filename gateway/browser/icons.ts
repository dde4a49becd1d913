/** Line icons of 24 units: no colour stands without one of these beside it. */
const PATHS = {
  empty: 'M7 12h.01M12 12h.01M17 12h.01',
  keypad: 'M7 6h.01M12 6h.01M17 6h.01M7 11h.01M12 11h.01M17 11h.01M7 16h.01M12 16h.01M17 16h.01M12 20.5h.01',
  check: 'M5.5 12.5l4.2 4.2L18.5 7.5',
  alert: 'M12 6.5v7M12 17.4h.01',
  lock: 'M7.5 11V8.3a4.5 4.5 0 019 0V11M6 11h12v8.5H6z',
  speech: 'M4.5 5.5h15v10h-8.2L7 19v-3.5H4.5z',
  record: 'M12 8.5a3.5 3.5 0 110 7 3.5 3.5 0 010-7z',
  pause: 'M9 7v10M15 7v10',
  stop: 'M8 8h8v8H8z',
  copy: 'M9 9h10v10.5H9zM5.5 15V4.5H15',
  wait: 'M12 7.5V12l3 2M12 4a8 8 0 110 16 8 8 0 010-16z',
  bell: 'M6.5 16.5V11a5.5 5.5 0 0111 0v5.5l1.5 1.5H5zM10 20.5h4',
  microphone: 'M12 4a2.5 2.5 0 012.5 2.5v5a2.5 2.5 0 01-5 0v-5A2.5 2.5 0 0112 4zM6 11.5a6 6 0 0012 0M12 17.5V21',
  microphoneOff:
    'M12 4a2.5 2.5 0 012.5 2.5v5a2.5 2.5 0 01-5 0v-5A2.5 2.5 0 0112 4zM6 11.5a6 6 0 0012 0M12 17.5V21M4.5 4.5l15 15',
  loudspeaker: 'M4.5 9.5v5h3.5l4.5 4v-13l-4.5 4zM16 9a4.2 4.2 0 010 6M18.4 6.5a7.8 7.8 0 010 11',
  play: 'M8.5 6.5l9 5.5-9 5.5z',
  card: 'M4 7h16v10.5H4zM4 10.5h16M7 14.5h3',
  erase: 'M9 6.5h10.5v11H9L4 12zM12 10l4 4M16 10l-4 4',
  hangUp: 'M4 13.5c4.5-4 11.5-4 16 0l-1.5 3-3.8-1.2v-2.4a9 9 0 00-5.4 0v2.4L5.5 16.500z',
  phone:
    'M6.5 4.5l3 .3 1 4-2 1.4a10 10 0 005.3 5.3l1.4-2 4 1 .3 3c-1 1.5-2.4 2-4 1.7A15 15 0 014.8 8.5c-.3-1.6.2-3 1.7-4z',
  person: 'M12 5a3.5 3.5 0 110 7 3.5 3.5 0 010-7zM5 19.5a7 7 0 0114 0',
  back: 'M14.5 6L8.5 12l6 6',
  download: 'M12 4.5v10M7.5 10.5l4.5 4.5 4.5-4.5M5.5 19.5h13',
} as const;

export type IconName = keyof typeof PATHS;

const SVG = 'http://www.w3.org/2000/svg';

/** Hidden from assistive technology: the text beside it says the same. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  svg.append(document.createElementNS(SVG, 'path'));
  setIcon(svg, name);
  return svg;
}

export function setIcon(svg: SVGSVGElement, name: IconName): void {
  const path = svg.firstElementChild;
  if (path !== null && path.getAttribute('d') !== PATHS[name]) path.setAttribute('d', PATHS[name]);
}
