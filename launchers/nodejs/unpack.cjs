// Unpacks a zip or tar.gz whose every byte is the tenant's: nothing lands outside the directory, and
// what it grows to is bounded. Permissions to execute and links within the archive are kept, which
// packages with native programs need.
"use strict";

const fs = require("node:fs");
const { dirname, join, normalize, relative } = require("node:path");
const { gunzipSync, inflateRawSync } = require("node:zlib");

const EXPANDED_BYTES_MAX = 512 * 1024 * 1024;
const ENTRIES_MAX = 100_000;

/** Entries as `{path, bytes, executable}`, `{path, target}` of a link, or `{path}` of a directory. */
function unpack(archive, directory, bytesMax = EXPANDED_BYTES_MAX) {
  const magic = archive.subarray(0, 4).toString("hex");
  if (magic === "504b0304") write(readZip(archive, bytesMax), directory, bytesMax);
  else if (magic.startsWith("1f8b")) {
    const tar = bounded(bytesMax, (options) => gunzipSync(archive, options));
    write(readTar(tar), directory, bytesMax);
  } else {
    const what = "it is neither zip nor tar.gz";
    throw new Error(`There was an error uncompressing the action archive: ${what}.`);
  }
}

function write(entries, directory, bytesMax) {
  const made = new Set([directory]);
  const links = [];
  let left = bytesMax;
  let count = 0;
  for (const entry of entries) {
    count += 1;
    if (count > ENTRIES_MAX) throw new Error(`The archive has more than ${ENTRIES_MAX} entries.`);
    const path = toInside(directory, entry.path);
    const isDirectory = entry.bytes === undefined && entry.target === undefined;
    const parent = isDirectory ? path : dirname(path);
    if (!made.has(parent)) fs.mkdirSync(parent, { recursive: true });
    made.add(parent);
    if (entry.target !== undefined) links.push({ path, target: entry.target });
    if (entry.bytes === undefined) continue;
    left -= entry.bytes.length;
    if (left < 0) throw tooLarge(bytesMax);
    fs.writeFileSync(path, entry.bytes, { mode: entry.executable ? 0o755 : 0o644 });
  }
  // Last, so that no file can be written through a link.
  for (const { path, target } of links) {
    const leadsTo = target.startsWith("/") ? target : join(dirname(path), target);
    toInside(directory, relative(directory, leadsTo));
    fs.symlinkSync(target, path);
  }
}

function toInside(directory, path) {
  const inside = normalize(path.replaceAll("\\", "/"));
  if (
    inside.startsWith("/") ||
    inside === ".." ||
    inside.startsWith("../") ||
    path.includes("\0")
  ) {
    throw new Error(`The archive has an entry outside of it: ${JSON.stringify(path)}`);
  }
  return join(directory, inside);
}

function tooLarge(bytesMax) {
  return new Error(`The archive expands to more than ${bytesMax} bytes.`);
}

/** Expands with zlib's own bound, so that no more than that is ever made. */
function bounded(bytesMax, expand) {
  try {
    return expand({ maxOutputLength: bytesMax });
  } catch (error) {
    throw error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(bytesMax) : error;
  }
}

// --- zip: read from its central directory, which alone has sizes and permissions -----------------

const ZIP = { entry: 0x02014b50, local: 0x04034b50, end: 0x06054b50, end64: 0x06064b50 };
const END_LENGTH = 22;
const COMMENT_LENGTH_MAX = 65_535;
const ABSENT_32 = 0xffffffff;
const MADE_BY_UNIX = 3;
const TYPE_MASK = 0o170000;
const TYPE_LINK = 0o120000;

function* readZip(zip, bytesMax) {
  let { at, count } = findDirectory(zip);
  for (; count > 0; count -= 1) {
    if (zip.readUInt32LE(at) !== ZIP.entry)
      throw new Error("The zip archive's directory is damaged.");
    const nameEnd = at + 46 + zip.readUInt16LE(at + 28);
    const extraEnd = nameEnd + zip.readUInt16LE(at + 30);
    const path = zip.toString("utf8", at + 46, nameEnd);
    const mode = zip[at + 5] === MADE_BY_UNIX ? zip.readUInt16LE(at + 40) : 0;
    if (path.endsWith("/")) yield { path };
    else {
      const packed = readZipFile(zip, at, zip.subarray(nameEnd, extraEnd));
      const bytes = expandZipFile(packed, zip.readUInt16LE(at + 10), bytesMax);
      if ((mode & TYPE_MASK) === TYPE_LINK) yield { path, target: bytes.toString() };
      else yield { path, bytes, executable: (mode & 0o111) !== 0 };
    }
    at = extraEnd + zip.readUInt16LE(at + 32);
  }
}

function findDirectory(zip) {
  const first = Math.max(0, zip.length - END_LENGTH - COMMENT_LENGTH_MAX);
  for (let at = zip.length - END_LENGTH; at >= first; at -= 1) {
    if (zip.readUInt32LE(at) !== ZIP.end) continue;
    const found = { count: zip.readUInt16LE(at + 10), at: zip.readUInt32LE(at + 16) };
    if (found.count < 0xffff && found.at !== ABSENT_32) return found;
    const end64 = Number(zip.readBigUInt64LE(at - 20 + 8));
    if (zip.readUInt32LE(end64) !== ZIP.end64) return found;
    return {
      count: Number(zip.readBigUInt64LE(end64 + 32)),
      at: Number(zip.readBigUInt64LE(end64 + 48)),
    };
  }
  throw new Error("The zip archive is cut short: its directory is missing.");
}

function readZipFile(zip, at, extra) {
  const wide = readWideSizes(zip, at, extra);
  if (zip.readUInt32LE(wide.local) !== ZIP.local) throw new Error("The zip archive is damaged.");
  if ((zip.readUInt16LE(at + 8) & 1) !== 0) throw new Error("The zip archive is encrypted.");
  const start =
    wide.local + 30 + zip.readUInt16LE(wide.local + 26) + zip.readUInt16LE(wide.local + 28);
  return zip.subarray(start, start + wide.packed);
}

function expandZipFile(packed, method, bytesMax) {
  if (method === 0) return packed;
  if (method !== 8)
    throw new Error(`The zip archive uses method ${method}; only deflate is known.`);
  return bounded(bytesMax, (options) => inflateRawSync(packed, options));
}

/** Sizes and offset of an entry, from the zip64 field where they do not fit in 32 bits. */
function readWideSizes(zip, at, extra) {
  const sizes = [zip.readUInt32LE(at + 24), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue;
    let next = field + 4;
    for (let index = 0; index < sizes.length; index += 1) {
      if (sizes[index] !== ABSENT_32) continue;
      sizes[index] = Number(extra.readBigUInt64LE(next));
      next += 8;
    }
  }
  return { packed: sizes[1], local: sizes[2] };
}

// --- tar: ustar with the extensions of pax and GNU for long names ---------------------------------

const BLOCK = 512;

function* readTar(tar) {
  let long = {};
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + BLOCK);
    const size = long.size ?? readSize(header);
    const bytes = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]);
    if (type === "x") long = { ...long, ...readPax(bytes) };
    else if (type === "L") long = { ...long, path: readText(bytes, 0, bytes.length) };
    else if (type === "K") long = { ...long, target: readText(bytes, 0, bytes.length) };
    else if (type !== "g") {
      const path = long.path ?? readName(header);
      const target = long.target ?? readText(header, 157, 100);
      long = {};
      if (type === "5") yield { path };
      else if (type === "2") yield { path, target };
      else if (type === "0" || type === "\0") {
        yield { path, bytes, executable: (parseInt(readText(header, 100, 8), 8) & 0o111) !== 0 };
      }
    }
  }
}

function readText(buffer, start, length) {
  const text = buffer.toString("utf8", start, start + length);
  const end = text.indexOf("\0");
  return end === -1 ? text : text.slice(0, end);
}

function readName(header) {
  const prefix = readText(header, 257, 5) === "ustar" ? readText(header, 345, 155) : "";
  const name = readText(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function readSize(header) {
  const size = parseInt(readText(header, 124, 12).trim(), 8);
  if (!(size >= 0)) throw new Error("The tar archive is damaged.");
  return size;
}

/** Records of the form `<length> <key>=<value>\n`. */
function readPax(bytes) {
  const found = {};
  for (let at = 0; at < bytes.length; ) {
    const length = parseInt(bytes.toString("latin1", at, at + 16), 10);
    if (!(length > 0)) break;
    const record = bytes.toString("utf8", at, at + length - 1);
    const [key, value] = splitOnce(record.slice(record.indexOf(" ") + 1));
    if (key === "path") found.path = value;
    else if (key === "linkpath") found.target = value;
    else if (key === "size") found.size = Number(value);
    at += length;
  }
  return found;
}

function splitOnce(record) {
  const equals = record.indexOf("=");
  return [record.slice(0, equals), record.slice(equals + 1)];
}

module.exports = { unpack };
