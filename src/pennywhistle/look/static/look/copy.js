// Buttons that copy a text. They show where the browser lets a page do that; the text can be marked by
// hand anywhere.

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
    } catch (error) {
      console.warn("the text was not copied", error);
    }
  });
}
