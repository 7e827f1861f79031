// The preview player. Links marked data-hear play the preview in place; without this file they
// simply open it. The player stays while prices are changed, and one thing plays at a time.

const bar = document.querySelector("[data-player]");
const part = (name) => bar.querySelector(`[data-player-${name}]`);
const audio = part("audio");
const wave = part("wave");
let playing = null; // the address of the preview that the bar holds
let heard = null; // the rectangle that uncovers the copper strokes

const SECONDS_PER_STEP = 5;
const SVG = "http://www.w3.org/2000/svg";

const clock = (seconds) => {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const linkTo = (address) =>
  [...document.querySelectorAll("[data-hear]")].filter((link) => link.href === address);

// Lay the strokes twice: in ink, and over them in copper as far as it has been heard.
function drawWave(strokes) {
  const below = document.importNode(strokes, true);
  const above = document.importNode(strokes, true);
  const box = strokes.getAttribute("viewBox").split(" ");
  const clip = document.createElementNS(SVG, "clipPath");
  heard = document.createElementNS(SVG, "rect");
  clip.id = "player-heard";
  heard.setAttribute("width", 0);
  heard.setAttribute("height", box[3]);
  heard.dataset.full = box[2];
  clip.append(heard);
  above.classList.add("waveform-heard");
  above.prepend(clip);
  above.querySelector("path").setAttribute("clip-path", "url(#player-heard)");
  wave.replaceChildren(below, above);
  showTime();
}

// The strokes of the preview's own stretch. Without them the bar plays just as well.
async function fetchWave(link) {
  wave.replaceChildren();
  heard = null;
  if (!link.dataset.strokes) return;
  try {
    const answer = await fetch(link.dataset.strokes);
    if (!answer.ok || playing !== link.href) return;
    const drawing = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
    if (playing === link.href) drawWave(drawing.documentElement);
  } catch (error) {
    console.warn("no strokes for the player", error);
  }
}

function showState() {
  const on = !audio.paused && !audio.ended;
  const toggle = part("toggle");
  toggle.classList.toggle("is-playing", on);
  part("label").textContent = on ? toggle.dataset.labelPause : toggle.dataset.labelPlay;
  for (const link of document.querySelectorAll("[data-hear]")) {
    const isThis = on && link.href === playing;
    link.classList.toggle("is-playing", isThis);
    // Here the link is a button, and is called one.
    link.setAttribute("role", "button");
    link.setAttribute("aria-pressed", isThis);
  }
}

function showTime() {
  const share = audio.duration ? audio.currentTime / audio.duration : 0;
  part("now").textContent = clock(audio.currentTime);
  part("length").textContent = clock(audio.duration);
  wave.setAttribute("aria-valuenow", Math.round(share * 100));
  wave.setAttribute("aria-valuetext", `${clock(audio.currentTime)} / ${clock(audio.duration)}`);
  if (heard) heard.setAttribute("width", share * Number(heard.dataset.full));
}

function trouble(is) {
  part("trouble").hidden = !is;
}

async function play() {
  try {
    await audio.play();
  } catch (error) {
    // A second press while the first still loads is not a failure.
    if (error.name !== "AbortError") trouble(true);
  }
}

function toggle() {
  if (audio.paused) play();
  else audio.pause();
}

function hear(link) {
  if (link.href === playing) return toggle();
  playing = link.href;
  trouble(false);
  bar.hidden = false;
  part("title").textContent = link.dataset.title;
  part("artist").textContent = link.dataset.artist;
  fetchWave(link);
  audio.src = link.href;
  play();
}

function seekTo(seconds) {
  if (Number.isFinite(audio.duration)) {
    audio.currentTime = Math.min(Math.max(seconds, 0), audio.duration);
  }
}

function close() {
  const links = linkTo(playing);
  audio.pause();
  audio.removeAttribute("src");
  playing = null;
  bar.hidden = true;
  showState();
  links[0]?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-hear]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  hear(link);
});

document.addEventListener("keydown", (event) => {
  const link = event.key === " " && event.target.closest?.("[data-hear]");
  if (!link) return;
  event.preventDefault();
  hear(link);
});

wave.setAttribute("aria-label", wave.dataset.label);
wave.addEventListener("pointerdown", (event) => {
  const box = wave.getBoundingClientRect();
  seekTo(((event.clientX - box.left) / box.width) * audio.duration);
});
wave.addEventListener("keydown", (event) => {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
  if (event.key in steps) seekTo(audio.currentTime + steps[event.key] * SECONDS_PER_STEP);
  else if (event.key === "Home") seekTo(0);
  else if (event.key === "End") seekTo(audio.duration);
  else if (event.key === " ") toggle();
  else return;
  event.preventDefault();
});
part("toggle").addEventListener("click", toggle);
part("close").addEventListener("click", close);
for (const name of ["play", "pause", "ended", "emptied"]) audio.addEventListener(name, showState);
for (const name of ["timeupdate", "loadedmetadata", "seeked"]) {
  audio.addEventListener(name, showTime);
}
audio.addEventListener("error", () => playing && trouble(true));
document.addEventListener("htmx:afterSwap", showState);
showState();

// Prices now change by themselves, where htmx is there to change them.
if (window.htmx) document.documentElement.classList.add("enhanced");

// What came back had no place any more, since another answer changed the page meanwhile: see it anew.
document.addEventListener("htmx:oobErrorNoTarget", () => window.location.reload());
