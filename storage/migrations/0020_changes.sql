-- What was changed or refused, in the order of the record, past all that was only looked at: see `CHANGES` in
-- storage/postgres/audit_questions.py, which says it word for word.

create index audit_leaves_changes on audit_leaves (log, at, n)
    where outcome = 'refused' or act not in ('document.read', 'document.found', 'conversation.read',
        'conversation.heard', 'conversation.found', 'export.read', 'audit.read', 'audit.exported', 'case.exported',
        'key.used', 'marker.moved');
create index audit_leaves_case_changes on audit_leaves (case_id, at, n)
    where case_id is not null and (outcome = 'refused' or act not in ('document.read', 'document.found', 'conversation.read',
        'conversation.heard', 'conversation.found', 'export.read', 'audit.read', 'audit.exported', 'case.exported',
        'key.used', 'marker.moved'));
