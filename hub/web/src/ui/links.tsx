// Mantine's looks on the router's links.
import { Anchor, Button, type AnchorProps, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";

type Native = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "color" | "style">;

const PlainAnchor = ({ ref, ...props }: AnchorProps & Native & { ref?: Ref<HTMLAnchorElement> }): ReactNode => <Anchor ref={ref} {...props} />;
const PlainButton = ({ ref, ...props }: ButtonProps & Native & { ref?: Ref<HTMLAnchorElement> }): ReactNode => <Button component="a" ref={ref} {...props} />;

export const AnchorLink = createLink(PlainAnchor);
export const ButtonLink = createLink(PlainButton);

/** For the one of a row of tabs that is shown: on a phone they are wider than the screen. */
export const intoView = (link: HTMLAnchorElement | null): void => link?.scrollIntoView({ block: "nearest", inline: "nearest" });
