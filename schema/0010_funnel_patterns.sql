-- A pattern that is no regular expression is refused when it is written, whoever writes it: met later, it would fail
-- every batch that has a page to compare with it.

alter table funnel_steps add constraint funnel_steps_pattern
    check (case when match_type = 'url_regex' then '' ~ match_pattern is not null else true end);
