// A card is entered in a field of the card company's own, and its number goes from here to that company
// alone: the shop gets a name for it. Without this file a card that is kept still pays.

const say = (form, text) => {
  const place = form.querySelector("[data-card-trouble]");
  place.textContent = "";
  if (text) add(place, text);
};

const add = (place, text) => {
  const line = document.createElement("p");
  line.className = "errorlist";
  line.textContent = text;
  place.append(line);
};

// What the company's script is told: the shop's key, and the page's language.
function open(form) {
  if (typeof window.Stripe !== "function") {
    add(form.querySelector("[data-card-new]") ?? form, form.dataset.missing);
    return null;
  }
  return window.Stripe(form.dataset.key, { locale: form.dataset.language.slice(0, 2) });
}

function busy(form, is) {
  const button = form.querySelector("button[type=submit]");
  button.dataset.label ??= button.textContent;
  button.disabled = is;
  button.textContent = is ? form.dataset.busy : button.dataset.label;
}

// The page's own letters and colours, for a field that lives in a frame of another.
function inks() {
  const page = getComputedStyle(document.body);
  return { base: { color: page.color, fontFamily: page.fontFamily, fontSize: "17px" } };
}

async function askForSecret(form) {
  const fields = new FormData(form);
  const body = new URLSearchParams();
  for (const name of ["csrfmiddlewaretoken", "top_up", "way"]) body.set(name, fields.get(name));
  const answer = await fetch(form.dataset.begin, { method: "POST", body });
  const said = await answer.json();
  if (!said.secret) throw new Error(said.trouble);
  return said.secret;
}

function prepareEntry(form) {
  const stripe = open(form);
  if (!stripe) return;
  const card = stripe.elements().create("card", { hidePostalCode: true, style: inks() });
  card.mount(form.querySelector("[data-card-entry]"));
  const fresh = form.querySelector("[data-card-new]");
  const isNew = () => form.elements.card.value === "new";
  const show = () => {
    fresh.hidden = !isNew();
  };
  form.addEventListener("change", show);
  show();
  form.addEventListener("submit", async (event) => {
    if (!isNew() || form.elements.setup.value) {
      busy(form, true);
      return;
    }
    event.preventDefault();
    busy(form, true);
    say(form, "");
    try {
      const secret = await askForSecret(form);
      const done = await stripe.confirmCardSetup(secret, { payment_method: { card } });
      if (done.error) throw new Error(done.error.message);
      form.elements.setup.value = done.setupIntent.id;
      form.submit();
    } catch (error) {
      say(form, error.message);
      busy(form, false);
    }
  });
}

// The bank's question, put as soon as the page is there. Whatever is answered, the shop then asks the
// company what became of it.
function prepareAnswer(form) {
  const stripe = open(form);
  if (!stripe) return;
  const ask = async () => {
    busy(form, true);
    try {
      await stripe.confirmCardPayment(form.dataset.secret);
    } finally {
      form.submit();
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  ask();
}

for (const form of document.querySelectorAll("[data-card-form]")) prepareEntry(form);
for (const form of document.querySelectorAll("[data-card-answer]")) prepareAnswer(form);
