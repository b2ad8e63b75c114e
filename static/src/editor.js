// The editor for JSON, laid over a plain field which stays what the form sends.
// It lives in a shadow root: its styles are adopted there and need no exception
// from the page's policy.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, ensureSyntaxTree, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" }, { tag: tags.string, color: "var(--ok)" }, { tag: tags.number, color: "var(--inc)" },
  { tag: [tags.bool, tags.null], color: "var(--ai)" }, { tag: tags.invalid, color: "var(--bad)" },
]);

const mono = '"JetBrains Mono Variable", ui-monospace, monospace', tint = (name, part) => `color-mix(in oklab, var(--${name}) ${part}%, transparent)`;
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", border: "1px solid var(--line-2)", borderRadius: "6px", fontSize: "12px" },
  "&:has([aria-invalid=true])": { borderColor: "var(--bad)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: mono, lineHeight: "20px", maxHeight: "64vh", borderRadius: "5px" },
  ".cm-content, .cm-gutter": { minHeight: "var(--least)" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--ink-3)", backgroundColor: "var(--sunken)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: tint("accent", 6) },
  ".cm-activeLineGutter": { color: "var(--ink)", backgroundColor: tint("accent", 10) },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: tint("accent", 26) },
  "&.cm-focused .cm-matchingBracket, .cm-selectionMatch": { backgroundColor: tint("accent", 22) },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)" },
  ".cm-foldPlaceholder": { color: "var(--ink-2)", backgroundColor: "var(--sunken)", border: "1px solid var(--line)" },
  ".cm-tooltip, .cm-panels": { color: "var(--ink)", backgroundColor: "var(--surface)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { font: "inherit", color: "var(--ink)", background: "var(--sunken)", border: "1px solid var(--line-2)", borderRadius: "4px" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)" },
});

let filling = false; // the page, and not a person, changes the text

/** mount lays the editor over a textarea. */
export function mount(field) {
  const host = document.createElement("div"), said = document.createElement("p");
  host.className = "mt-1";
  host.style.setProperty("--least", `${field.rows * 16}px`);
  said.className = "mt-1 text-xs";
  said.setAttribute("role", "status");
  field.after(host, said);
  field.hidden = true;
  field.required = false; // the server asks for it; a hidden field could not be pointed at
  const view = new EditorView({ state: EditorState.create({ doc: field.value, extensions: extensions(field, said) }), root: host.attachShadow({ mode: "open" }), parent: null });
  view.root.append(view.dom);
  host.addEventListener("keydown", (e) => { if (!e.ctrlKey && !e.metaKey) e.stopPropagation(); }); // no shortcuts of the page while one types
  for (const to of [...field.labels, ...document.querySelectorAll(`a[href="#${CSS.escape(field.id)}"]`)]) {
    to.addEventListener("click", (e) => { e.preventDefault(); view.focus(); });
  }
  field.addEventListener("refill", (e) => {
    if (e.detail === field.value) return;
    filling = true;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: e.detail } });
    filling = false;
  });
  document.fonts.ready.then(() => view.requestMeasure());
  new IntersectionObserver(() => view.requestMeasure()).observe(host); // out of view it was not measured
  if (field.autofocus) view.focus();
}

function extensions(field, said) {
  const label = field.dataset.editorLabel, told = teller(field, said);
  return [
    lineNumbers(), foldGutter(), lintGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }), indentUnit.of("  "), EditorView.lineWrapping,
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
    EditorView.domEventHandlers({ beforeinput: type }), json(), linter(mistakes(told), { delay: 300 }), syntaxHighlighting(colours), look,
    EditorView.contentAttributes.of(() => ({ "aria-label": `${label}. JSON. Escape, then Tab, leaves the editor.`, "aria-invalid": String(told.wrong), spellcheck: "false", dir: "ltr", tabindex: "0" })),
    EditorView.updateListener.of((u) => {
      if (!u.docChanged) return;
      field.value = u.state.doc.toString();
      if (filling) return;
      told.typed = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }),
  ];
}

// type puts in what was typed. Left to the browser it would carry the colours of
// what stood there over as inline styles, which the policy forbids.
function type(e, view) {
  if (e.inputType !== "insertText" || e.isComposing || view.composing || !e.data) return false;
  const { from, to } = view.state.selection.main;
  const insert = () => view.state.update(view.state.replaceSelection(e.data), { userEvent: "input.type", scrollIntoView: true });
  if (!view.state.facet(EditorView.inputHandler).some((taken) => taken(view, from, to, e.data, insert))) view.dispatch(insert());
  e.preventDefault();
  return true;
}

// teller says below the editor how it is left or, once somebody typed, its first mistake, in place of what the server said.
function teller(field, said) {
  const note = document.getElementById(`${field.id}-note`), refused = field.getAttribute("aria-invalid") === "true";
  return {
    typed: false, wrong: refused,
    tell(found) {
      const first = this.typed ? found[0] : undefined;
      if (this.typed) this.wrong = Boolean(first);
      if (note) note.hidden = this.typed && (refused || this.wrong);
      said.textContent = first ? first.message : "Esc, then Tab leaves the editor.";
      for (const c of ["text-bad", "font-medium"]) said.classList.toggle(c, Boolean(first));
      for (const c of ["text-ink-3", "pointer-coarse:hidden"]) said.classList.toggle(c, !first);
    },
  };
}

const parse = jsonParseLinter();

// mistakes says where the text stops being JSON, beside the line and below the editor.
function mistakes(told) {
  return (view) => {
    const { doc } = view.state, found = doc.toString().trim() === "" ? [] : parse(view);
    for (const m of found) {
      m.from = m.to = place(m, view.state);
      const line = doc.lineAt(m.from), [here = ""] = doc.sliceString(m.from, m.from + 2).trimEnd();
      m.message = `Line ${line.number}, column ${m.from - line.from + 1}: ${here ? `“\u2068${here}\u2069” does not fit here.` : "something is missing here."}`;
    }
    told.tell(found);
    return found;
  };
}

// place is where a mistake is: browsers tell it in some of their sentences, the editor's grammar in the rest.
function place(m, state) {
  if (/ at position \d+| at line \d+ column \d+/.test(m.message)) return m.from;
  let at;
  ensureSyntaxTree(state, state.doc.length, 100)?.iterate({ enter: (n) => { if (n.type.isError) at ??= n.from; } });
  return at ?? m.from;
}
