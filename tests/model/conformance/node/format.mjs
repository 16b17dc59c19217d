// The format of storing, as docs/conformance.md tells it: an envelope, and one text for
// equal values. Objects keep the order in which their fields were made, which core.mjs
// takes from the format; ids that look like numbers would not, and are not used here.

export const enveloped = (kind, value) => ({ primacy: 2, kind, value });

const escaped = (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

// In ASCII, without white space.
export const canonical = (value) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
