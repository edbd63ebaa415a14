// What a browser sees.

export function main({ title, item = "nothing" }) {
  return {
    headers: { "content-type": "text/html" },
    body: `<h1>${title}</h1><p>${item}</p>`,
  };
}
