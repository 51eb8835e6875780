// The few pictures of the page, drawn here so that no font is needed for them.
const paths = {
  whatsapp: 'M12 3a9 9 0 0 0-7.7 13.6L3 21l4.5-1.2A9 9 0 1 0 12 3Zm-3 5c.6-.5 1 .1 1.6 1.4.2.5-.7 1-.5 1.4.6 1.2 1.6 2.2 2.8 2.7.5.2.9-.9 1.3-.7 1.5.6 1.9.9 1.6 1.7-.5 1.3-2 1.5-3.2 1-2.4-.9-4-2.7-4.6-4.6-.3-1.1.2-2.2 1-2.9Z',
  sms: 'M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9l-5 4V5a1 1 0 0 1 0-1Zm3 4v1.6h10V8H7Zm0 4v1.6h7V12H7Z',
  phone: 'M6.6 3h2.6l1.4 4.4-2 1.6a12 12 0 0 0 6.4 6.4l1.6-2 4.4 1.4v2.6A3.6 3.6 0 0 1 17.4 21 14.4 14.4 0 0 1 3 6.6 3.6 3.6 0 0 1 6.6 3Z',
  mail: 'M3 5h18v14H3V5Zm2 2.4V8l7 5 7-5v-.6l-7 5-7-5Z',
  clip: 'M16.5 6v10.5a4.5 4.5 0 0 1-9 0V5.5a3 3 0 0 1 6 0V15a1.5 1.5 0 0 1-3 0V6H9v9a3 3 0 0 0 6 0V5.5a4.5 4.5 0 0 0-9 0v11a6 6 0 0 0 12 0V6h-1.5Z',
  place: 'M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7Zm0 9.6A2.6 2.6 0 1 1 12 6.4a2.6 2.6 0 0 1 0 5.2Z',
  send: 'M3 4l18 8-18 8 2.5-7L14 12l-8.5-1L3 4Z',
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [k, v] of Object.entries({ viewBox: '0 0 24 24', width: '1.15em', height: '1.15em', fill: 'currentColor', 'aria-hidden': 'true', class: 'icon' })) svg.setAttribute(k, v);
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', paths[name]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}
