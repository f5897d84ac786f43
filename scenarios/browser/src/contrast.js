// Texts with less contrast to what is behind them than people with weak eyes need, and edges of fields (WCAG 2.2 AA,
// criteria 1.4.3 and 1.4.11), each in a line. Colours are those that the browser computed.
"use strict";

const channels = (colour) => {
  const inside = /^rgba?\((.+)\)$/.exec(colour);
  if (!inside) throw new Error(`the colour ${colour} cannot be read`);
  const [red, green, blue, alpha = 1] = inside[1].split(/[\s,/]+/).map(Number);
  return [red, green, blue, alpha];
};

const over = ([red, green, blue, alpha], under) =>
  [red, green, blue].map((channel, place) => channel * alpha + under[place] * (1 - alpha));

const ground = (element) => {
  const layers = [];
  for (let each = element; each; each = each.parentElement) {
    layers.unshift(channels(getComputedStyle(each).backgroundColor));
  }
  return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
};

const luminance = (colour) => {
  const [red, green, blue] = colour.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (one, other) => {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
};

// What is not to be seen, or cannot be used at the moment, need not be seen well.
const counts = (element) => {
  const { width, height, right } = element.getBoundingClientRect();
  return element.checkVisibility() && width > 1 && height > 1 && right > 0 && !element.closest(":disabled");
};

const found = [];
const measure = (what, colour, behind, needed) => {
  const seen = contrast(over(channels(colour), behind), behind);
  if (seen < needed) found.push(`${what}: ${seen.toFixed(2)} of ${needed}, ${colour} on ${behind.map(Math.round)}`);
};

const measureText = (what, element, style) => {
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  measure(what, style.color, ground(element), isLarge ? 3 : 4.5);
};

const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode.textContent.trim();
  const element = texts.currentNode.parentElement;
  if (text && counts(element)) measureText(`"${text.slice(0, 40)}"`, element, getComputedStyle(element));
}

for (const field of document.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea")) {
  if (!counts(field)) continue;
  const style = getComputedStyle(field);
  measureText(`what ${field.name} holds`, field, style);
  if (field.placeholder) measureText(`the hint in ${field.name}`, field, getComputedStyle(field, "::placeholder"));
  measure(`the edge of ${field.name}`, style.borderTopColor, ground(field.parentElement), 3);
}

return found;
