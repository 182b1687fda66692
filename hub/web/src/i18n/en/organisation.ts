export const organisation = {
  title: "Organisation",
  back: "Back to the organisation",
  adminsOnly: "Only administrators see this page",
  adminsOnlyHint: "Ask one of them if something here has to change. They are marked under People.",
  parts: {
    people: "People",
    roles: "Roles",
    factors: "Second factor",
  },
  hints: {
    people: "Who belongs to the organisation, in which place, and who is invited.",
    roles: "What each place and each part in a case may see and do.",
    factors: "Who has to sign in with more than a password.",
  },
} as const;
