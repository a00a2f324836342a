// What the index and the inbox do beyond showing text.

// Every block that says so can be copied.
for (const block of document.querySelectorAll("pre.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

// Times are those of the reader.
for (const time of document.querySelectorAll("time")) {
  const at = new Date(time.dateTime);
  const today = at.toDateString() === new Date().toDateString();
  time.textContent = today ? at.toLocaleTimeString() : at.toLocaleString();
}

// The inbox looks for new mails once a second.
const { newest } = document.body.dataset;
if (newest !== undefined) {
  setInterval(async () => {
    const answer = await fetch("/dev/inbox/newest").catch(() => null); // it is being restarted
    if (answer?.ok && (await answer.text()) !== newest) {
      location.reload();
    }
  }, 1000);
}
