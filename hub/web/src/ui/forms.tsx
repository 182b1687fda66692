// Forms in a dialog, sent once, with the hub's complaints beside the fields they are about.
import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused, type Refused } from "../http/client";
import { useWords } from "./states";

const DIALOG_GONE_MS = 300; // a dialog that asked meanwhile holds the keyboard until it has faded

export interface Action<A> {
  readonly run: (input: A) => void;
  readonly busy: boolean;
  readonly refused: Refused | null;
  readonly reset: () => void;
}

/** One write: what it does, and what follows when it was done. */
export function useAction<A, R>(act: (input: A) => Promise<R>, done?: (result: R) => void): Action<A> {
  const mutation = useMutation({ mutationFn: act, onSuccess: done });
  const from = useRef<Element | null>(null);
  // A button that waits is disabled and loses the keyboard; it gets it back where nothing else took it meanwhile.
  useEffect(() => {
    const back = from.current;
    if (mutation.isPending || !(back instanceof HTMLElement)) return;
    from.current = null;
    setTimeout(() => {
      if (document.activeElement === document.body && back.isConnected) back.focus();
    }, DIALOG_GONE_MS);
  }, [mutation.isPending]);
  const run = (input: A): void => {
    from.current = document.activeElement;
    mutation.mutate(input);
  };
  return { run, busy: mutation.isPending, refused: mutation.error ? asRefused(mutation.error) : null, reset: mutation.reset };
}

/** What a form says: every named field's text. */
export type Said = (name: string) => string;

export function Complaint({ refused }: { readonly refused: Refused | null }): ReactNode {
  const words = useWords();
  if (!refused) return null;
  return (
    <Alert color="red" variant="light" role="alert" py="xs">
      {words(refused)}
    </Alert>
  );
}

/** The hub's complaint about a field names types and lengths; people are told what to do. */
function usePlainWords(): (why: string | undefined) => string | undefined {
  const { t } = useTranslation();
  return (why) => {
    if (why === undefined) return undefined;
    const length = /length (<=|>=) (\d+)/.exec(why);
    if (length?.[1] === "<=") return t("form.long", { count: Number(length[2]) });
    if (length) return Number(length[2]) <= 1 ? t("form.required") : t("form.short", { count: Number(length[2]) });
    if (/missing required field/i.test(why)) return t("form.required");
    if (/enum value/i.test(why)) return t("form.choose");
    if (/date/i.test(why) && /invalid|expected/i.test(why)) return t("form.date");
    if (/expected `(int|float)`/i.test(why)) return t("form.number");
    return why;
  };
}

interface FormProps<R> {
  readonly onSend: (said: Said) => Promise<R>;
  readonly onDone: (result: R) => void;
  readonly submit: string;
  readonly onCancel?: () => void;
  readonly danger?: boolean;
  readonly fullWidth?: boolean;
  /** Another button of the page is the first choice. */
  readonly quiet?: boolean;
  /** Fields; `at` gives the hub's complaint about a JSONPath such as `$.title`. */
  readonly children: (at: (path: string) => string | undefined, busy: boolean) => ReactNode;
}

export function Form<R>({ onSend, onDone, submit, onCancel, danger, fullWidth, quiet, children }: FormProps<R>): ReactNode {
  const { t } = useTranslation();
  const action = useAction(onSend, onDone);
  const plain = usePlainWords();
  const form = useRef<HTMLFormElement>(null);
  // What is wrong may have scrolled out of sight in a long form, and is the next that somebody changes.
  const marked = action.refused !== null && action.refused.fields.length > 0 ? action.refused : null;
  useEffect(() => {
    if (marked) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [marked]);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (action.busy) return;
    const sent = event.currentTarget;
    const data = new FormData(sent);
    action.run((name) => {
      const value = data.get(name);
      if (typeof value !== "string") return "";
      // A password is what was typed, its spaces too.
      const field = sent.elements.namedItem(name);
      return field instanceof HTMLInputElement && field.autocomplete.endsWith("-password") ? value : value.trim();
    });
  };
  return (
    <form onSubmit={send} ref={form}>
      <Stack gap="md">
        {children((path) => plain(action.refused?.at(path)), action.busy)}
        <Complaint refused={action.refused} />
        <Group justify="flex-end" gap="sm">
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              {t("do.cancel")}
            </Button>
          )}
          <Button type="submit" variant={quiet ? "default" : undefined} loading={action.busy} color={danger ? "red.8" : undefined} fullWidth={fullWidth}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface DialogProps<R> extends FormProps<R> {
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly size?: string;
}

/** Where the keyboard was: the button that was pressed, or that of the menu in which it stood. */
function pressed(): HTMLElement | null {
  const at = document.activeElement;
  const menu = at?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const opener = menu ? document.getElementById(menu) : at;
  return opener instanceof HTMLElement ? opener : null;
}

/** For a dialog that is open from its first moment and gone in its last: the keyboard goes back to what opened it, or to
 * the page where that is gone. A dialog that is told to close does so by itself. */
export function useFocusBack(open = true): void {
  const [opener] = useState(() => (open ? pressed() : null));
  useEffect(
    () => () => {
      if (opener === null || (document.activeElement !== null && document.activeElement !== document.body)) return;
      (opener.isConnected ? opener : document.getElementById("content"))?.focus({ preventScroll: true });
    },
    [opener],
  );
}

/** A form in a dialog; it is made anew each time it opens. */
export function FormDialog<R>({ title, opened, onClose, onDone, size, ...form }: DialogProps<R>): ReactNode {
  useFocusBack(opened);
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={size ?? "md"}>
      <Form
        {...form}
        onCancel={onClose}
        onDone={(result) => {
          onDone(result);
          onClose();
        }}
      />
    </Modal>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly hint: string;
  readonly submit: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => Promise<unknown>;
}

export function Confirm({ hint, onConfirm, ...dialog }: ConfirmProps): ReactNode {
  return (
    <FormDialog {...dialog} danger onSend={onConfirm} onDone={() => undefined}>
      {() => <p style={{ margin: 0 }}>{hint}</p>}
    </FormDialog>
  );
}

/** Names the page in the browser's tab. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Casewire` : "Casewire";
  }, [title]);
}
