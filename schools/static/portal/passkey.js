// Passkeys: before a form with data-passkey is sent, this script asks the device for a passkey. Where the device has no passkeys,
// or scripts do not run, the form stays hidden, and people sign in with a code or a password.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function asked(form) {
    const own = form.querySelector("script[type='application/json']");
    if (own) return Promise.resolve(JSON.parse(own.textContent));
    const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
    return fetch(form.dataset.options, { headers }).then((answer) => answer.json());
  }

  async function create(options) {
    const key = options.creation_options.publicKey;
    const wanted = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
    const publicKey = {
      ...key,
      challenge: bytes(key.challenge),
      user: { ...key.user, id: bytes(key.user.id) },
      excludeCredentials: named(key.excludeCredentials),
      authenticatorSelection: { ...key.authenticatorSelection, ...wanted },
    };
    const made = await navigator.credentials.create({ publicKey });
    const transports = made.response.getTransports ? made.response.getTransports() : [];
    return shared(made, { attestationObject: text(made.response.attestationObject), transports });
  }

  async function get(options) {
    const key = options.request_options.publicKey;
    const publicKey = { ...key, challenge: bytes(key.challenge), allowCredentials: named(key.allowCredentials) };
    const found = await navigator.credentials.get({ publicKey });
    const answer = found.response;
    return shared(found, {
      authenticatorData: text(answer.authenticatorData),
      signature: text(answer.signature),
      userHandle: answer.userHandle ? text(answer.userHandle) : null,
    });
  }

  function shared(credential, response) {
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
    };
  }

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const wrong = form.querySelector("[role=alert]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      try {
        const options = await asked(form);
        const credential = await (form.dataset.passkey === "create" ? create(options) : get(options));
        form.elements.credential.value = JSON.stringify(credential);
        form.submit();
      } catch {
        wrong.hidden = false;
      }
    });
  }
})();
