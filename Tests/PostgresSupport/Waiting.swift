import Database

extension Connection {
    /// Returns once somebody in this database waits for an advisory lock; fails after half a minute.
    public func waitForAWaiter() throws {
        try script(
            """
            do $$ begin
                for attempt in 1..6000 loop
                    if exists (select from pg_locks as l join pg_database as d on d.oid = l.database
                        where l.locktype = 'advisory' and not l.granted and d.datname = current_database())
                    then return; end if;
                    perform pg_sleep(0.005);
                end loop;
                raise exception 'nobody waits for a lock';
            end $$
            """)
    }
}
