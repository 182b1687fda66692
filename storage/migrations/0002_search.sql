-- Full text: how words are made of text, the indexes over them, and the one function that searches. It runs as the
-- owner, because `@@` and `ilike` are not leakproof and PostgreSQL keeps them from their indexes under row-level
-- security; so it repeats the wall's line for every table, and tests hold it against the policies.

-- Words as people type them: without accents, and references taken apart (INV-2026/00451 is INV, 2026 and 00451).
create function search_words(p_text text) returns text language sql immutable strict parallel safe
    begin atomic
        select regexp_replace(public.unaccent('public.unaccent'::regdictionary, p_text),
            '([[:alnum:]])[-/_.:#@]+(?=[[:alnum:]])', '\1 ', 'g');
    end;

-- Every word as it stands, and English words by their stem.
create function search_vector(p_text text) returns tsvector language sql immutable strict parallel safe
    begin atomic
        select to_tsvector('pg_catalog.simple', public.search_words(p_text))
            || to_tsvector('pg_catalog.english', public.unaccent('public.unaccent'::regdictionary, p_text));
    end;

create function search_case(p_number text, p_title text, p_intake jsonb) returns text
    language sql immutable strict parallel safe
    begin atomic
        select p_number || ' ' || p_title || ' '
            || coalesce((select string_agg(value, ' ') from jsonb_each_text(p_intake)), '');
    end;

alter table messages add column tsv tsvector generated always as (search_vector(coalesce(body, ''))) stored;
create index messages_tsv on messages using gin (tsv);
alter table version_texts add column tsv tsvector not null;
create index version_texts_tsv on version_texts using gin (tsv);
create index cases_words on cases using gin (search_vector(search_case(number, title, intake)));
create index parties_words on parties using gin (search_vector(name));
create index documents_words on documents using gin (search_vector(name));
create index cases_number on cases using gin (number gin_trgm_ops);

-- What the reader's words find among what the reader may see, best first. The words come in four forms: `p_text`
-- as typed, `p_head` and `p_last` all but the last word and the beginning of that one (null where it is complete),
-- `p_like` for names and numbers (null where too short for trigrams). `p_rank` and `p_id` are the last hit of the
-- page before. Of the matches that the reader may see, the 1000 newest messages and pages and the 300 newest names take
-- part; snippets are made for the page alone.
create function search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text,
        p_rank float8, p_id uuid, p_limit integer)
    returns table (kind text, id uuid, version uuid, case_id uuid, case_title text, title text, snippet text,
        page integer, rank float8)
    language plpgsql stable security definer set search_path = pg_catalog, public
    as $$
#variable_conflict use_column
declare
    -- Known before the query is planned: only so are the indexes used.
    q constant tsquery := websearch_to_tsquery('simple', search_words(p_text))
        || websearch_to_tsquery('english', unaccent(p_text))
        || coalesce(websearch_to_tsquery('simple', search_words(p_head))
            && to_tsquery('simple', '''' || replace(unaccent(p_last), '''', '''''') || ''':*'), '');
    likely constant text := '%' || p_like || '%';
    how constant text := E'StartSel="\uE000", StopSel="\uE001", MinWords=12, MaxWords=30, MaxFragments=2, '
        'FragmentDelimiter=" … "';
begin
return query with
-- What matches, newest first; the wall is asked of one after the other until there are enough.
found_messages as materialized (
    select m.id, m.case_id, m.org, m.audience, m.people from messages m
    where 'messages' = any (p_in) and m.tsv @@ q and (p_case is null or m.case_id = p_case)
    order by m.id desc
),
seen_messages as (
    select 'message' as kind, m.id, null::uuid as version, m.case_id, m.conversation as under, null::integer as page,
        ts_rank(m.tsv, q)::float8 as rank
    from (
        select * from found_messages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
        limit 1000) t join messages m on m.id = t.id
),
found_pages as materialized (
    select p.version, p.page, p.case_id, p.org, p.audience, p.people from version_texts p
    where 'documents' = any (p_in) and p.tsv @@ q and (p_case is null or p.case_id = p_case)
    order by p.version desc, p.page
),
seen_pages as (
    select p.version, p.page, ts_rank(p.tsv, q)::float8 as rank
    from (
        select * from found_pages t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin'))))
        limit 1000) t join version_texts p on p.version = t.version and p.page = t.page
),
found_documents as materialized (
    select d.id, d.case_id, d.org, d.audience, d.name from documents d
    where 'documents' = any (p_in) and (p_case is null or d.case_id = p_case) and d.id in (
        select d.id from documents d where search_vector(d.name) @@ q
        union select d.id from documents d where d.name ilike likely
        union select d.id from documents d where p_like <% d.name)
),
seen_documents as (
    select * from found_documents t where
        exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
            and g.role = any (t.audience))
    order by t.id desc limit 300
),
-- A document once: by its best page, or by its name.
document_hits as (
    select distinct on (h.document) 'document' as kind, h.document as id, h.version, d.case_id, null::uuid as under,
        h.page, h.rank
    from (
        select v.document, p.version, p.page, p.rank from seen_pages p join versions v on v.id = p.version
            and v.status = 'cleared'
        union all
        select s.id, null, null, greatest(ts_rank(search_vector(s.name), q), word_similarity(p_like, s.name), 0.1)
            from seen_documents s
    ) h join documents d on d.id = h.document
    where exists (select 1 from grants g where g.person = (select me()) and g.scope in (d.case_id, d.org)
        and g.role = any (d.audience))
    order by h.document, h.page is null, h.rank desc, h.version desc, h.page
),
found_cases as materialized (
    select c.id, c.id as case_id, c.org, c.audience, c.number, c.title from cases c
    where 'cases' = any (p_in) and (p_case is null or c.id = p_case) and c.id in (
        select c.id from cases c where search_vector(search_case(c.number, c.title, c.intake)) @@ q
        union select c.id from cases c where c.title ilike likely
        union select c.id from cases c where c.number ilike likely
        union select c.id from cases c where p_like <% c.title)
),
found_parties as materialized (
    select p.case_id, p.org, p.audience, p.name from parties p
    where 'cases' = any (p_in) and (p_case is null or p.case_id = p_case) and p.removed_at is null and p.id in (
        select p.id from parties p where search_vector(p.name) @@ q
        union select p.id from parties p where p.name ilike likely
        union select p.id from parties p where p_like <% p.name)
),
case_hits as (
    select 'case' as kind, h.case_id as id, null::uuid as version, h.case_id, null::uuid as under,
        null::integer as page, max(h.rank)::float8 as rank
    from (
        (select t.case_id, greatest(word_similarity(p_like, t.title), word_similarity(p_like, t.number), 0.1)
            as rank from found_cases t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.id desc limit 300)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.case_id desc limit 300)
    ) h group by h.case_id
),
shown as materialized (
    select h.*, c.title as case_title, c.number as case_number
    from (select * from seen_messages union all select * from document_hits union all select * from case_hits) h
        join cases c on c.id = h.case_id
    where (p_rank is null or (h.rank, h.id) < (p_rank, p_id))
        and exists (select 1 from grants g where g.person = (select me()) and g.scope in (c.id, c.org)
            and g.role = any (c.audience))
    order by h.rank desc, h.id desc limit p_limit
)
select s.kind, s.id, s.version, s.case_id, s.case_title,
    case s.kind when 'message' then v.title when 'document' then d.name else s.case_number || ' ' || s.case_title end,
    coalesce(case
        when position(E'\uE000' in ts_headline('english', body.text, q, how)) > 0
            then ts_headline('english', body.text, q, how)
        -- References stand apart only in the words; where nothing is marked as it stands, those are shown.
        else ts_headline('simple', search_words(body.text), q, how) end, ''),
    s.page, s.rank
from shown s
    left join conversations v on v.id = s.under
    left join documents d on s.kind = 'document' and d.id = s.id
    left join lateral (
        select translate(coalesce(
            (select m.body from messages m where s.kind = 'message' and m.id = s.id),
            (select t.text from version_texts t where t.version = s.version and t.page = s.page),
            (select string_agg(p.name, ' · ' order by p.name) from (
                select t.name from parties t where s.kind = 'case' and t.case_id = s.id and t.removed_at is null
                    and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                        and g.role = any (t.audience))
                order by t.name limit 100) p)), E'\uE000\uE001', '') as text
    ) body on true
order by s.rank desc, s.id desc;
end $$;

revoke execute on function search_words(text), search_vector(text), search_case(text, text, jsonb),
    search_all(text[], uuid, text, text, text, text, float8, uuid, integer) from public;
grant execute on function search_words(text), search_vector(text), search_case(text, text, jsonb)
    to casewire_app, casewire_system;
grant execute on function search_all(text[], uuid, text, text, text, text, float8, uuid, integer) to casewire_app;
