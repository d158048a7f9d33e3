// A passkey is made or shown: the options come with the page, the answer goes back in the form.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function options({ publicKey: o }) {
  const known = (list) => list?.map((c) => ({ ...c, id: bytes(c.id) }));
  return { ...o, challenge: bytes(o.challenge), ...(o.user && { user: { ...o.user, id: bytes(o.user.id) } }),
    excludeCredentials: known(o.excludeCredentials), allowCredentials: known(o.allowCredentials) };
}

function answer(c) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (c.response[name]) response[name] = text(c.response[name]);
  }
  return { id: c.id, rawId: text(c.rawId), type: c.type, response, clientExtensionResults: c.getClientExtensionResults() };
}

const form = document.getElementById("passkey");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const sent = JSON.parse(document.getElementById("passkey-options").textContent);
  try {
    const made = form.dataset.do === "create"
      ? await navigator.credentials.create({ publicKey: options(sent.creation_options) })
      : await navigator.credentials.get({ publicKey: options(sent.request_options) });
    document.getElementById("credential").value = JSON.stringify(answer(made));
    form.submit();
  } catch {
    document.getElementById("passkey-trouble").hidden = false;
  }
});
