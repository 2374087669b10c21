// Reads messages with npm's mailparser and postal-mime: one line of base64 in, one line of JSON out.
const { simpleParser } = require("mailparser");
const PostalMime = require("postal-mime");
const { createInterface } = require("node:readline");

async function read(line) {
  const message = Buffer.from(line, "base64");
  const one = await simpleParser(message, { skipTextToHtml: true, skipImageLinks: true, skipHtmlToText: true });
  const other = await new (PostalMime.default || PostalMime)().parse(message);
  return {
    mailparser: {
      subject: one.subject,
      to: one.to.value,
      html: one.html,
      text: one.text,
      unsubscribe: one.headers.get("list").unsubscribe,
    },
    "postal-mime": { subject: other.subject, to: other.to, html: other.html, text: other.text },
  };
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await read(line)));
  }
})();
