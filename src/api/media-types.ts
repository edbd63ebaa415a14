// Media types: parsed, matched with an Accept header, and, for web actions, told apart into text and
// binary, which decides how a body becomes a string and a string a body. The table is that of
// OpenWhisk's HTTP toolkit (web-action specification, 1.6.1), with its surprises: `text/javascript`
// and `application/yaml` are not in it, and so are binary unless they name a charset.

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly name: string;
  /** Without the charset, as they were written. */
  readonly parameters: readonly string[];
  readonly charset?: string;
}

export const JSON_NAME = "application/json";
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*((?:;.*)?)$`);
const PARAMETER = new RegExp(`^(${TOKEN})=(?:${TOKEN}|"[^"]*")$`);

/** `undefined` for what is no media type. */
export function parseMediaType(text: string): MediaType | undefined {
  const [, name, rest = ""] = TYPE.exec(text) ?? [];
  if (name === undefined) return undefined;
  const given = rest
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (!given.every((part) => PARAMETER.test(part))) return undefined;
  const isCharset = (part: string) => /^charset=/i.test(part);
  const charset = given.find(isCharset)?.slice("charset=".length).replaceAll('"', "");
  return {
    name: name.toLowerCase(),
    parameters: given.filter((part) => !isCharset(part)),
    ...(charset === undefined ? {} : { charset }),
  };
}

function toNames(type: string, subtypes: string): readonly string[] {
  return subtypes.split(" ").map((subtype) => `${type}/${subtype}`);
}

/** Registered ones that say themselves how they are encoded: they never have a charset. */
const JSON_TYPES: ReadonlySet<string> = new Set(
  toNames("application", "json json-patch+json merge-patch+json problem+json vnd.api+json"),
);

const TEXT_TYPES: ReadonlySet<string> = new Set([
  ...JSON_TYPES,
  ...toNames("text", "asp cache-manifest calendar css csv event-stream html markdown mcf plain"),
  ...toNames("text", "richtext tab-separated-values uri-list vnd.wap.wml vnd.wap.wmlscript xml"),
  ...toNames("text", "x-asm x-c x-component x-h x-java-source x-pascal x-script x-scriptcsh"),
  ...toNames("text", "x-scriptelisp x-scriptksh x-scriptlisp x-scriptperl x-scriptperl-module"),
  ...toNames("text", "x-scriptphyton x-scriptrexx x-scriptscheme x-scriptsh x-scriptzsh"),
  ...toNames(
    "text",
    "x-server-parsed-html x-setext x-sgml x-speech x-uuencode x-vcalendar x-vcard",
  ),
  ...toNames("application", "x-www-form-urlencoded xml problem+xml xhtml+xml atom+xml rss+xml"),
  ...toNames("application", "soap+xml xml-dtd vnd.google-earth.kml+xml javascript base64"),
  ...toNames("application", "x-latex x-vrml"),
]);

/** Of these no charset makes a text. */
const BINARY_FAMILIES = /^(image|audio|video|font|message|multipart)\//;
const BINARY_TYPES: ReadonlySet<string> = new Set([
  ...toNames("application", "excel font-woff gnutar grpc+proto java-archive lha lzx mspowerpoint"),
  ...toNames("application", "msword octet-stream pdf postscript wasm zip x-7z-compressed"),
  ...toNames("application", "x-bzip x-bzip2 x-compress x-compressed x-debian-package x-dvi x-gtar"),
  ...toNames("application", "x-gzip x-rar-compressed x-redhat-package-manager x-tar x-tex"),
  ...toNames("application", "x-shockwave-flash x-x509-ca-cert x-xpinstall"),
]);

export function isText({ name, charset }: MediaType): boolean {
  if (TEXT_TYPES.has(name)) return true;
  if (BINARY_FAMILIES.test(name) || BINARY_TYPES.has(name)) return false;
  return charset !== undefined;
}

export function isJson({ name }: Pick<MediaType, "name">): boolean {
  return name === JSON_NAME || name.endsWith("+json");
}

/** As an answer's header: text is always sent in UTF-8, whatever was asked for, and says so. */
export function toContentType(type: MediaType): string {
  const hasCharset = isText(type) && !JSON_TYPES.has(type.name);
  return [type.name, ...type.parameters, ...(hasCharset ? ["charset=UTF-8"] : [])].join("; ");
}

/** Whether a client that sent this `Accept` takes a type. What is no range is left aside. */
export function accepts(accept: string | undefined, name: string): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  const [family = ""] = name.split("/");
  const qualities = new Map(accept.split(",").map(toRange));
  // The most exact range decides.
  const quality = qualities.get(name) ?? qualities.get(`${family}/*`) ?? qualities.get("*/*");
  return quality !== undefined && quality > 0;
}

function toRange(text: string): readonly [string, number] {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((part) => part.startsWith("q="));
  return [range, quality === undefined ? 1 : Number(quality.slice("q=".length))];
}
