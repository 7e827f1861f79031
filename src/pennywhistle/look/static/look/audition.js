// The comparison: the same part of a song as it was recorded and in the file that is chosen. Both play
// at once, in step to the sample, and one of them is heard: so switching leaves no gap. Without this
// file both are plain links.

const FADE_SECONDS = 0.012; // Long enough for no click, too short to be heard as a fade.
const SEARCH_FRAMES = 4800; // Decoders that keep an encoder's padding start up to a tenth late.
const MATCH_FRAMES = 12000; // Compared to find out, around the middle of the part.
const COARSE = 4; // The first look takes every fourth sample.
const CERTAIN = 0.5; // Less alike than this, nothing is moved.

// One channel, as the mean of all.
function mono(buffer) {
  const mixed = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < data.length; i += 1) mixed[i] += data[i] / buffer.numberOfChannels;
  }
  return mixed;
}

// How alike `a` from `at` on and `b` from `at + lag` on are: 1 for the same, 0 for nothing alike.
function likeness(a, b, at, lag, step) {
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < MATCH_FRAMES; i += step) {
    const x = a[at + i] || 0;
    const y = b[at + lag + i] || 0;
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA && ofB ? both / Math.sqrt(ofA * ofB) : 0;
}

// By how many samples the music in `b` comes later than in `a`.
function lagOf(a, b) {
  const at = Math.max(0, Math.floor((Math.min(a.length, b.length) - MATCH_FRAMES) / 2));
  const best = (from, to, step, grain) => {
    let found = { lag: 0, alike: -1 };
    for (let lag = from; lag <= to; lag += step) {
      const alike = likeness(a, b, at, lag, grain);
      if (alike > found.alike) found = { lag, alike };
    }
    return found;
  };
  const near = best(-SEARCH_FRAMES, SEARCH_FRAMES, COARSE, COARSE).lag;
  const exact = best(near - COARSE, near + COARSE, 1, 1);
  return exact.alike >= CERTAIN ? exact.lag : 0;
}

// How loud a recording is where two loudspeakers play it: surround is mixed as Web Audio mixes it.
// As www.w3.org/TR/webaudio has it under "Channel Up-Mixing and Down-Mixing".
function loudness(buffer) {
  const side = Math.SQRT1_2;
  const mixes = buffer.numberOfChannels === 6 ? [[0, 2, 4], [1, 2, 5]] : [[0], [buffer.numberOfChannels - 1]];
  let sum = 0;
  for (const [front, ...others] of mixes) {
    const near = buffer.getChannelData(front);
    const far = others.map((channel) => buffer.getChannelData(channel));
    for (let i = 0; i < near.length; i += 1) {
      let value = near[i];
      for (const data of far) value += side * data[i];
      sum += value * value;
    }
  }
  return Math.sqrt(sum / (mixes.length * buffer.length));
}

class UnplayableError extends Error {}

class RefusedError extends Error {
  constructor(status) {
    super(`${status}`);
    this.status = status;
  }
}

// Under which name the page has the text for what went wrong.
function trouble(error) {
  if (error instanceof UnplayableError) return "unplayable";
  if (error instanceof RefusedError) return error.status >= 500 ? "busy" : "gone";
  return "unreachable";
}

class Audition {
  constructor(box) {
    this.box = box;
    this.sides = [...box.querySelectorAll("[data-audition-side]")];
    this.chosen = 0; // Which button is pressed.
    this.order = [0, 1]; // Which recording each button plays: 0 is the original.
    this.isBlind = false;
    this.isHeard = false; // Whether it played since the two were shuffled.
    this.rounds = 0;
    this.right = 0;
    this.at = 0; // Seconds into the part, while it does not play.
    this.sources = [];
    this.gains = [];
    this.wire();
  }

  part(name) {
    return this.box.querySelector(`[data-audition-${name}]`);
  }

  wire() {
    this.part("desk").hidden = false;
    this.part("play").addEventListener("click", () => this.toggle());
    this.sides.forEach((side, number) => side.addEventListener("click", () => this.choose(number)));
    this.part("place").addEventListener("input", (event) => this.seek(Number(event.target.value)));
    this.part("blind").addEventListener("click", () => this.setBlind(!this.isBlind));
    for (const answer of this.box.querySelectorAll("[data-audition-answer]")) {
      answer.addEventListener("click", () => this.guess(Number(answer.dataset.auditionAnswer)));
    }
  }

  say(key, words = {}) {
    let text = this.part("said").dataset[key];
    for (const [name, word] of Object.entries(words)) text = text.replace(`{${name}}`, word);
    this.part("said").textContent = text;
  }

  sayWhatIsHeard() {
    const side = this.sides[this.chosen];
    this.say("hearing", { name: this.isBlind ? side.dataset.blindName : side.dataset.name });
  }

  // Fetch and decode both, once.
  load() {
    this.loading ??= this.fetchBoth().catch((error) => {
      this.loading = undefined; // The next press tries again.
      throw error;
    });
    return this.loading;
  }

  async fetchBoth() {
    this.say("loading");
    try {
      this.context ??= new AudioContext({ sampleRate: Number(this.box.dataset.rate) });
    } catch {
      this.context = new AudioContext(); // A rate that this device does not work at.
    }
    const addresses = [this.box.dataset.original, this.box.dataset.file];
    const names = this.sides.map((side) => side.dataset.name);
    this.buffers = await Promise.all(
      addresses.map(async (address, number) => {
        const answer = await fetch(address);
        if (!answer.ok) throw new RefusedError(answer.status);
        const data = await answer.arrayBuffer();
        return this.context.decodeAudioData(data).catch(() => {
          throw new UnplayableError(names[number]);
        });
      }),
    );
    this.arrange();
  }

  // Where in each buffer the part begins, and how long both last from there.
  arrange() {
    const lag = lagOf(...this.buffers.map(mono)) / this.context.sampleRate;
    this.starts = [Math.max(0, -lag), Math.max(0, lag)];
    this.seconds = Math.min(...this.buffers.map((buffer, i) => buffer.duration - this.starts[i]));
    this.levels = this.levelsOf(this.buffers);
    this.box.dataset.lag = Math.round(lag * this.context.sampleRate);
    this.part("place").max = this.seconds;
  }

  // Both are equally loud by nature, but for surround that was mixed down: then the louder is turned
  // down, since the louder of two always sounds the better.
  levelsOf([original, file]) {
    if (original.numberOfChannels === file.numberOfChannels) return [1, 1];
    const ratio = loudness(file) / loudness(original);
    if (!Number.isFinite(ratio) || ratio === 0) return [1, 1];
    return ratio > 1 ? [1, 1 / ratio] : [ratio, 1];
  }

  async toggle() {
    if (this.isPlaying) return this.pause();
    try {
      await this.load();
    } catch (error) {
      return this.say(trouble(error), { name: error.message });
    }
    if (!this.box.isConnected) return;
    document.querySelector("[data-player-audio]")?.pause();
    await this.context.resume();
    this.start();
    this.sayWhatIsHeard();
  }

  start() {
    this.sources = this.buffers.map((buffer, i) => {
      const source = this.context.createBufferSource();
      const gain = this.context.createGain();
      source.buffer = buffer;
      source.loop = true;
      source.loopStart = this.starts[i];
      source.loopEnd = this.starts[i] + this.seconds;
      gain.gain.value = i === this.order[this.chosen] ? this.levels[i] : 0;
      source.connect(gain).connect(this.context.destination);
      this.gains[i] = gain;
      return source;
    });
    const begin = this.context.currentTime + FADE_SECONDS;
    this.sources.forEach((source, i) => source.start(begin, this.starts[i] + this.at));
    this.began = begin - this.at;
    this.isPlaying = true;
    this.isHeard = true;
    this.show();
    this.tick();
  }

  stopSources() {
    this.at = this.now();
    for (const source of this.sources) source.stop();
    this.sources = [];
    this.isPlaying = false;
  }

  pause() {
    this.stopSources();
    this.show();
  }

  now() {
    if (!this.isPlaying) return this.at;
    return Math.max(0, this.context.currentTime - this.began) % this.seconds;
  }

  seek(seconds) {
    if (!this.buffers) return;
    const goesOn = this.isPlaying;
    if (goesOn) this.stopSources();
    this.at = Math.min(Math.max(seconds, 0), this.seconds - FADE_SECONDS);
    if (goesOn) this.start();
    this.show();
  }

  choose(number) {
    this.chosen = number;
    this.gains.forEach((gain, i) => {
      const now = this.context.currentTime;
      gain.gain.cancelScheduledValues(now);
      gain.gain.setValueAtTime(gain.gain.value, now);
      const level = i === this.order[number] ? this.levels[i] : 0;
      gain.gain.linearRampToValueAtTime(level, now + FADE_SECONDS);
    });
    this.show();
    this.sayWhatIsHeard();
  }

  setBlind(is) {
    this.isBlind = is;
    this.rounds = 0;
    this.right = 0;
    this.shuffle();
    this.choose(0);
  }

  shuffle() {
    const turned = this.isBlind && crypto.getRandomValues(new Uint8Array(1))[0] % 2 === 1;
    this.order = turned ? [1, 0] : [0, 1];
    this.isHeard = Boolean(this.isPlaying);
  }

  // A guess counts where something was heard to guess by.
  guess(number) {
    if (!this.isHeard) return this.say("unheard");
    const isRight = this.order[number] === 0;
    this.rounds += 1;
    this.right += isRight ? 1 : 0;
    this.shuffle();
    this.choose(0);
    this.say(isRight ? "right" : "wrong", { right: this.right, rounds: this.rounds });
  }

  show() {
    const play = this.part("play");
    play.classList.toggle("is-playing", Boolean(this.isPlaying));
    this.part("label").textContent = this.isPlaying ? play.dataset.labelPause : play.dataset.labelPlay;
    this.sides.forEach((side, number) => {
      side.setAttribute("aria-pressed", number === this.chosen);
      side.textContent = this.isBlind ? side.dataset.blindName : side.dataset.name;
    });
    const blind = this.part("blind");
    blind.setAttribute("aria-pressed", this.isBlind);
    blind.textContent = this.isBlind ? blind.dataset.labelOn : blind.dataset.labelOff;
    this.part("guess").hidden = !this.isBlind;
    this.showPlace();
  }

  showPlace() {
    const at = this.now();
    const whole = Math.floor(at);
    const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    this.part("place").value = at;
    this.part("place").setAttribute("aria-valuetext", text);
    this.part("time").textContent = text;
  }

  tick() {
    if (!this.isPlaying) return;
    if (!this.box.isConnected) return this.end();
    this.showPlace();
    requestAnimationFrame(() => this.tick());
  }

  end() {
    this.stopSources();
    this.context?.close();
  }
}

const auditions = new WeakMap();
const RETRY_MS = 3000;
const RETRIES_MOST = 6;

// A picture that was not ready is asked for again, a few times.
function askAgain(picture) {
  picture.addEventListener("error", () => {
    const tried = Number(picture.dataset.tried ?? 0);
    if (tried >= RETRIES_MOST) return;
    picture.dataset.tried = tried + 1;
    setTimeout(() => {
      picture.src = picture.getAttribute("src");
    }, RETRY_MS);
  });
}

function begin() {
  for (const box of document.querySelectorAll("[data-audition]")) {
    if (!auditions.has(box)) auditions.set(box, new Audition(box));
  }
  for (const picture of document.querySelectorAll("img.spectrum-image:not([data-tried])")) {
    picture.dataset.tried = 0;
    askAgain(picture);
  }
}

// One thing plays at a time: where the preview begins, the comparison stops.
document.querySelector("[data-player-audio]")?.addEventListener("play", () => {
  for (const box of document.querySelectorAll("[data-audition]")) {
    if (auditions.get(box)?.isPlaying) auditions.get(box).pause();
  }
});
document.addEventListener("htmx:afterSwap", begin);
begin();
