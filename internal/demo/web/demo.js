// The page of a tiny integrator: ask the own server for an encrypted key, open
// the widget with it, and show what the server received by webhook.
const byId = (id) => document.getElementById(id);
const message = (text) => { byId("message").textContent = text; };

byId("customer").value = "user_" + Math.floor(1000 + Math.random() * 9000);

// The widget's script is loaded once, from the platform's own origin.
let widget;
function loadWidget(platform) {
  widget ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = platform + "/lib/widget-lib.js";
    script.crossOrigin = "anonymous";
    script.onload = () => resolve(window.KYCWidget);
    script.onerror = () => reject(new Error("the widget could not be loaded"));
    document.head.append(script);
  });
  return widget;
}

byId("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  message("");
  try {
    const answer = await fetch("/key", { method: "POST", body: JSON.stringify({ customer: byId("customer").value }) });
    if (!answer.ok) throw new Error(await answer.text());
    const { schemaId, clientKey, platform } = await answer.json();
    const kyc = await loadWidget(platform);
    kyc.setupKYC({
      schemaId,
      clientKey,
      successCb: (session) => message(`The browser says “${session.status}”. The server only believes its webhook, below.`),
      closeCb: () => byId("go").focus(),
    });
  } catch (error) {
    message(error.message);
  }
});

// A specimen with the visitor's own portrait.
async function draw(photo) {
  const answer = await fetch("/specimen", { method: "POST", body: photo });
  if (!answer.ok) return message(await answer.text());
  const link = byId("own");
  link.href = URL.createObjectURL(await answer.blob());
  link.hidden = false;
  link.focus();
}

// JPEG of a picture as people see it: a phone's photo may lie on its side.
function upright(picture, width, height) {
  const scale = Math.min(1, 1600 / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

byId("photo").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  message("");
  try {
    const picture = await createImageBitmap(file);
    await draw(await upright(picture, picture.width, picture.height));
  } catch {
    message("This file cannot be used: choose a JPEG or PNG photo.");
  }
});

let stream;
byId("snap").addEventListener("click", async () => {
  const video = byId("viewfinder");
  try {
    if (!stream) {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 1280, height: 720 } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      byId("snap").textContent = "Take the photo";
      return;
    }
    const photo = await upright(video, video.videoWidth, video.videoHeight);
    stream.getTracks().forEach((track) => track.stop());
    stream = undefined;
    video.hidden = true;
    byId("snap").textContent = "Use the camera";
    await draw(photo);
  } catch (error) {
    message("The camera cannot be used: " + error.message);
  }
});

// Webhooks, newest first.
function show(list) {
  const box = byId("received");
  box.replaceChildren(...list.toReversed().map((item) => {
    const entry = document.createElement("details");
    const title = document.createElement("summary");
    const verdict = document.createElement("span");
    verdict.className = "verdict " + item.session.status;
    verdict.textContent = item.session.status;
    title.append(verdict, ` ${item.session.clientKey} · ${new Date(item.at).toLocaleTimeString()}`);
    const wire = document.createElement("pre");
    wire.textContent = JSON.stringify(item.sealed).slice(0, 160) + "…";
    const open = document.createElement("pre");
    open.textContent = JSON.stringify(item.session, null, 2);
    const caption = (text) => Object.assign(document.createElement("h3"), { textContent: text });
    entry.append(title, caption("On the wire"), wire, caption("Verified and opened"), open);
    return entry;
  }));
}

async function follow() {
  let known = "";
  for (;;) {
    try {
      const answer = await fetch("/received?known=" + encodeURIComponent(known));
      const list = await answer.json();
      const last = list.at(-1)?.id ?? "";
      if (last && last !== known) { show(list); known = last; }
      if (!last) await new Promise((done) => setTimeout(done, 1500));
    } catch {
      await new Promise((done) => setTimeout(done, 3000)); // the server is restarting
    }
  }
}
follow();
