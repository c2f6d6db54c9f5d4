/** TerminalText: text as a terminal shows it: colours, lines that are written over. */

import anser from "anser";
import { useMemo } from "preact/hooks";

import { Scrollable } from "./scrollable.js";

/** Only the last lines are shown of text that is longer: browsers are slow with more. */
const LINE_LIMIT = 2_000;
const LENGTH_LIMIT = 400_000;
const ESCAPE = "\x1b";

export function TerminalText(props: { text: string; class: string; label?: string }) {
  const { text, label } = props;
  const { shown, hidden } = useMemo(() => lastLines(text), [text]);
  return (
    <>
      {hidden > 0 && <p class="gap">{hidden.toLocaleString()} earlier lines are not shown.</p>}
      <Scrollable class={props.class} label={label}>
        {coloured(shown)}
      </Scrollable>
    </>
  );
}

/** The end of the text, and how many lines come before it. */
function lastLines(text: string): { shown: string; hidden: number } {
  let begin = text.length;
  for (let lines = 0; lines < LINE_LIMIT && begin > 0; lines += 1) {
    const newline = text.lastIndexOf("\n", begin - 2);
    if (text.length - newline > LENGTH_LIMIT) {
      begin = begin === text.length ? Math.max(0, text.length - LENGTH_LIMIT) : begin;
      break;
    }
    begin = newline + 1;
  }
  const hidden = begin === 0 ? 0 : text.slice(0, begin).split("\n").length - 1;
  return { shown: overwritten(text.slice(begin)), hidden };
}

/** What is left of each line where it was written over: "\r" goes back to its beginning. */
function overwritten(text: string): string {
  if (!/[\r\b]/.test(text)) {
    return text;
  }
  return text.replaceAll("\r\n", "\n").split("\n").map(overwrittenLine).join("\n");
}

function overwrittenLine(line: string): string {
  let before = line;
  for (let backspaced = ""; backspaced !== before;) {
    backspaced = before;
    before = before.replace(/[^\b]\x08/, "");
  }
  return before.split("\r").reduce((shown, part) => part + shown.slice(part.length), "");
}

function coloured(text: string) {
  if (!text.includes(ESCAPE)) {
    return text;
  }
  const pieces = anser.ansiToJson(text, { use_classes: true, remove_empty: true });
  return pieces.map((piece, index) => {
    const classes = [piece.fg, piece.bg && `${piece.bg}-bg`, ...piece.decorations];
    const style = {
      color: mixed(rgbOf(piece.fg, piece.fg_truecolor), "var(--text)"),
      backgroundColor: mixed(rgbOf(piece.bg, piece.bg_truecolor), "transparent"),
    };
    return (
      <span key={index} class={classes.filter(Boolean).join(" ")} style={style}>
        {piece.content}
      </span>
    );
  });
}

/** The colour of a piece that has none of the sixteen which the style sheet knows. */
function rgbOf(name: string | null, trueColour: string | null): string | undefined {
  const number = Number(/^ansi-palette-(\d+)$/.exec(name ?? "")?.[1] ?? NaN);
  if (Number.isNaN(number)) {
    return trueColour ? `rgb(${trueColour})` : undefined;
  }
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const [red, green, blue] = [36, 6, 1].map((place) => {
    const level = Math.floor((number - 16) / place) % 6;
    return level && 55 + 40 * level;
  });
  return `rgb(${red} ${green} ${blue})`;
}

/** Nearer to what is readable in light and dark alike. */
function mixed(colour: string | undefined, other: string): string | undefined {
  return colour && `color-mix(in oklab, ${colour} 65%, ${other})`;
}
