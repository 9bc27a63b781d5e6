// The waiting jobs of one person in a list that is put in order by dragging, with buttons, or with the arrow keys
// (pages/kit/own_queue.py). It reports the ids of all jobs after each move.

const lists = new WeakMap(); // parentElement -> QueueList

export default function ({ data, parentElement, setStateValue }) {
  let list = lists.get(parentElement);
  if (!list) lists.set(parentElement, (list = new QueueList(parentElement)));
  list.report = (order) => setStateValue("order", order);
  list.show(data.jobs);
  return () => lists.delete(parentElement);
}

class QueueList {
  constructor(parent) {
    this.list = parent.querySelector("ol");
    this.status = parent.querySelector(".lab-status");
    this.row = parent.querySelector("template").content.firstElementChild;
    this.dragged = null; // the row under the pointer that moves
  }

  get rows() {
    return [...this.list.children];
  }

  get order() {
    return this.rows.map((row) => row.dataset.job);
  }

  // Rows that stay are kept: they may have the focus. While one is dragged the list does not change under the pointer.
  show(jobs) {
    if (this.dragged) return;
    const known = new Map(this.rows.map((row) => [row.dataset.job, row]));
    const rows = jobs.map((job) => known.get(job.id) ?? this.create(job));
    if (rows.some((row, k) => row !== this.list.children[k]) || rows.length !== known.size) {
      const focused = this.list.getRootNode().activeElement;
      this.list.replaceChildren(...rows);
      if (this.list.contains(focused)) focused.focus();
    }
    jobs.forEach(({ name, current }, k) => {
      rows[k].querySelector("span").textContent = name;
      rows[k].toggleAttribute("aria-current", current);
      for (const button of rows[k].querySelectorAll("button"))
        button.setAttribute("aria-label", `${button.title}: ${name}`);
    });
    this.limit();
  }

  create({ id }) {
    const row = this.row.cloneNode(true);
    row.dataset.job = id;
    const grip = row.querySelector(".lab-grip");
    grip.onpointerdown = (event) => this.press(event, row);
    grip.onpointermove = (event) => row === this.dragged && this.follow(event);
    grip.onpointerup = () => this.drop();
    grip.onpointercancel = () => this.cancel();
    grip.onkeydown = (event) => this.key(event, row);
    for (const button of row.querySelectorAll("button[value]"))
      button.onclick = () => this.move(row, Number(button.value), button);
    return row;
  }

  // --- pointer

  press(event, row) {
    if (event.button > 0 || this.dragged) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    this.before = this.order;
    this.dragged = row;
    row.classList.add("lab-dragged");
  }

  // The other rows move, because an element that is moved in the document loses the pointer.
  follow({ clientY }) {
    const others = this.rows.filter((row) => row !== this.dragged);
    const middle = (row) => row.getBoundingClientRect().top + row.offsetHeight / 2;
    const place = others.filter((row) => middle(row) < clientY).length;
    if (this.rows[place] === this.dragged) return;
    others.forEach((row, k) => this.list.insertBefore(row, k < place ? this.dragged : null));
  }

  drop() {
    if (!this.dragged) return;
    const row = this.release();
    if (this.order.join() !== this.before.join()) this.tell(row);
  }

  cancel() {
    if (!this.dragged) return;
    this.release();
    const rows = new Map(this.rows.map((row) => [row.dataset.job, row]));
    this.list.replaceChildren(...this.before.map((job) => rows.get(job)));
  }

  release() {
    const row = this.dragged;
    row.classList.remove("lab-dragged");
    this.dragged = null;
    return row;
  }

  // --- keyboard and buttons

  key(event, row) {
    const places = { ArrowUp: -1, ArrowDown: 1, Home: -this.rows.length, End: this.rows.length }[event.key];
    if (event.key === "Escape") this.cancel();
    else if (places) this.move(row, places, event.currentTarget);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(row, places, focused) {
    const { rows } = this;
    const from = rows.indexOf(row);
    const to = Math.min(rows.length - 1, Math.max(0, from + places));
    if (to === from) return;
    this.list.insertBefore(row, to < from ? rows[to] : rows[to].nextElementSibling);
    this.tell(row);
    (focused.disabled ? row.querySelector(".lab-grip") : focused).focus();
  }

  tell(row) {
    const place = this.rows.indexOf(row) + 1;
    this.status.textContent = `${row.querySelector("span").textContent}: place ${place} of ${this.rows.length}`;
    this.limit();
    this.report(this.order);
  }

  // The first row cannot move up, the last one not down.
  limit() {
    const { rows } = this;
    rows.forEach((row, k) => {
      row.querySelector("button[value='-1']").disabled = k === 0;
      row.querySelector("button[value='1']").disabled = k === rows.length - 1;
    });
  }
}
