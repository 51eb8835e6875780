// Words of several directions in one line, shown so that they can be read. Pure.

const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+/g, LTR = /[A-Za-z\u00c0-\u024f]+/g, ADDRESS = /https?:\/\/\S+/g;
const SPLIT = /(https?:\/\/[^\s<>"'،؛]*[^\s<>"'،؛.,;:!?)\]])|(\+?[\d\u0660-\u0669\u06f0-\u06f9](?:[ \u00a0().-]{0,2}[\d\u0660-\u0669\u06f0-\u06f9]){5,})/gu;

/**
 * lean says which way a text runs: the way of most of its words. The first letter alone,
 * which dir="auto" goes by, misleads wherever an Arabic sentence begins with "OK" or "DHL".
 */
export function lean(text) {
  const bare = (text ?? '').replace(ADDRESS, '').replace(/[\u0660-\u0669\u06f0-\u06f9]/g, '');
  const rtl = bare.match(RTL)?.length ?? 0, ltr = bare.match(LTR)?.length ?? 0;
  return rtl > ltr ? 'rtl' : ltr > rtl ? 'ltr' : 'auto';
}

/** isolate keeps a name or a number from turning a sentence it is put into, where no element can (UAX 9: FSI, PDI). */
export const isolate = (text) => `\u2068${text}\u2069`;

/**
 * pieces cuts a text into {kind: text|link|number}. A number written in groups ("+966 55 123 4567")
 * must be set apart: inside a right-to-left line its groups would be shown in reverse.
 */
export function pieces(text) {
  const out = [];
  let from = 0;
  for (const m of (text ?? '').matchAll(SPLIT)) {
    if (m.index > from) out.push({ kind: 'text', text: text.slice(from, m.index) });
    out.push({ kind: m[1] ? 'link' : 'number', text: m[0] });
    from = m.index + m[0].length;
  }
  if (from < (text ?? '').length) out.push({ kind: 'text', text: text.slice(from) });
  return out;
}
