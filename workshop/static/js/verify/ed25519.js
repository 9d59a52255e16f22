// Is this Ed25519 signature good? By the browser where it can, by vendored code where it cannot: old browsers, and pages on
// plain HTTP, which have no crypto.subtle at all. No keys are kept, nothing is signed here.

/**
 * @param {Uint8Array} key 32 bytes
 * @param {Uint8Array} signature 64 bytes
 * @param {Uint8Array} message
 * @returns {Promise<boolean>}
 */
export async function isSignedBy(key, signature, message) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const native = await nativeKey(key);
  return native ? crypto.subtle.verify("Ed25519", native, signature, message) : checkedWithout(key, signature, message);
}

/** The key for WebCrypto, or null where that has no Ed25519. */
async function nativeKey(key) {
  try {
    return (await globalThis.crypto?.subtle?.importKey("raw", key, { name: "Ed25519" }, false, ["verify"])) ?? null;
  } catch {
    return null; // a key that the browser refuses is judged by the other code, which refuses it too
  }
}

async function checkedWithout(key, signature, message) {
  const folder = `${import.meta.url.slice(0, import.meta.url.lastIndexOf("/js/"))}/vendor`;
  const [ed25519, { sha512 }] = await Promise.all([
    import(`${folder}/noble-ed25519@3.2.0/noble-ed25519.js`),
    import(`${folder}/noble-hashes@2.4.0/sha2.js`),
  ]);
  ed25519.hashes.sha512 = sha512;
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false; // not a point of the curve
  }
}
