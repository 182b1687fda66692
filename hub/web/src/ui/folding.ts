// A list of choices that folds when one was chosen: what stands below it in a dialog is seen again, and typing opens it anew.
import { useState } from "react";

interface Folding {
  readonly dropdownOpened: boolean;
  readonly onDropdownOpen: () => void;
  readonly onDropdownClose: () => void;
  readonly onOptionSubmit: () => void;
}

export function useFolding(): Folding {
  const [opened, setOpened] = useState(false);
  const fold = (): void => setOpened(false);
  return { dropdownOpened: opened, onDropdownOpen: () => setOpened(true), onDropdownClose: fold, onOptionSubmit: fold };
}
