/// What probes look for, by family; the notation is `PatternAutomaton.Pattern`'s, over the decoded lower-case path.
enum ProbePatterns {
    /// Anywhere in the path.
    static let path: [(ProbeFamily, [String])] = [
        (
            .cms,
            [
                "/wp-login", "/wp-admin", "/wp-config", "/wp-includes/", "/wp-cron", "/wp-signup", "/wp-register",
                "/wp-links",
                "/wp-trackback", "/wp-comments-post", "/wp-mail.php", "/wp-settings", "/wp-load.php", "/wp-blog-header",
                "/xmlrpc.php", "/xmlrpc", "wlwmanifest.xml", "/wp-json/wp/v2/users", "/wp-content/plugins/",
                "/wp-content/mu-plugins", "/wp-content/debug.log", "/wp-content/backup", "/wp-content/uploads/wp-file",
                "/wp-file-manager", "/administrator/index", "^/administrator/$", "^/administrator$",
                "/sites/default/settings",
                "/sites/default/default.settings", "/app/etc/local.xml", "/app/etc/env.php", "/app/config/parameters",
                "/user/register$", "/typo3/", "/typo3conf", "/fckeditor", "/ckeditor/", "/tinymce/plugins", "/elfinder",
                "/kcfinder", "/components/com_", "/magmi/", "/downloader/index", "/bitrix/", "/modx/", "/phpbb/",
                "/vbulletin",
                "/trackback/$", "/drupal/", "/joomla/", "/wordpress/wp", "^/wordpress/$", "^/wordpress$", "^/wp/$",
                "^/wp$",
            ]
        ),
        (
            .admin,
            [
                "phpmyadmin", "/pma/", "^/pma$", "/myadmin", "mysqladmin", "/mysql/admin", "/sqladmin", "/dbadmin",
                "/adminer",
                "/phppgadmin", "/manager/html", "/manager/status", "/manager/text", "/host-manager", "/jmx-console",
                "/web-console", "/invoker/", "/axis2", "/hnap1", "/luci", "/boaform", "/goform", "/setup.cgi",
                "/ssi.cgi",
                "/cgi-bin/luci", "/cgi-bin/test", "/cgi-bin/php", "/cgi-bin/phf", "/cgi-bin/nph-", "/cgi-bin/bash",
                "/cgi-bin/sh", "/cgi-bin/.", "/cgi-bin/webproc", "/cgi-bin/kerbynet", "/cgi-bin/authlogin",
                "/cgi-bin/admin",
                "/cgi-bin/hello", "/cgi-bin/viewcvs", "/cgi-bin/count", "/cgi-sys/", "/server-status", "/server-info",
                "/elmah.axd", "/trace.axd", "/actuator", "/jolokia", "/heapdump", "/api/jsonws", "/_cat/", "/_cluster/",
                "/_all_dbs", "/_nodes", "/v2/_catalog", "/druid/", "/nacos", "/geoserver", "/hudson/", "/jenkins/",
                "/solr/", "/console/login", "/telescope/requests", "/_ignition", "/_profiler", "/owa/auth", "/ecp/",
                "/remote/login", "/remote/fgt_lang", "/dana-na", "/global-protect", "/+cscoe+", "/sslvpn", "/vpnsvc",
                "/sdk/vimservice", "/ui/login.action", "/securityrealm", "/login.htm$",
                "/internal_forms_authentication",
                "/webdav/", "/.well-known/acme-challenge/../", "/manager/images", "/tmui/", "/mgmt/tm",
                "/autodiscover.json",
                "/api/v1/pods", "/containers/json", "/debug/pprof", "/debug/default/view", "/rails/info",
                "/horizon/api",
                "^/admin$", "^/admin/", "^/admin.", "/admin/login", "/admin/config", "/adminpanel", "/admin_",
                "/admin-",
                "/admincp", "/webadmin", "/siteadmin", "/cpanel", "/webmail/", "/roundcube", "/zabbix/", "/grafana/",
                "/nagios/", "/cacti", "/muieblackcat", "/w00tw00t", "/evox", "/azenv", "/judge.php", "/proxyheader",
                "/testproxy", "/pools/default", "/nmaplowercheck", "/nice%20ports", "/nice ports",
            ]
        ),
        (
            .shell,
            [
                "/c99", "/r57", "/wso.php", "/wso2", "/b374k", "/shell.php", "/shell.jsp", "/shell.asp", "/webshell",
                "/cmd.php",
                "/cmd.jsp", "/cmd.asp", "/cmd.exe", "/alfa.php", "/alfacgiapi", "/alfa_data", "/eval-stdin.php",
                "/vendor/phpunit", "/phpunit/", "/thinkphp", "/invokefunction", "/struts2-", "/bin/sh", "/bin/bash",
                "/root.exe",
                "/mini.php", "/sym.php", "/indoxploit", "/gank.php", "/marijuana", "/priv8", "/leafmailer", "/xleet",
                "/fox.php", "/upl.php", "/simple.php.suspected", "/adminfuns.php", "/wp_filemanager.php",
                "/class-bda.php",
                "/default.ida", "/nsiislog.dll", "/msadc/", "/_vti_bin/", "/_vti_inf", "/_vti_rpc",
            ]
        ),
        (
            .config,
            [
                "/web.config", "/php.ini", "/.user.ini", "/phpinfo", "/info.php$", "/database.yml", "/database.yaml",
                "/secrets.",
                "/user_secrets", "/credentials.", "/credentials$", "/auth.json", "/aws.y", "/aws-key", "/aws.json",
                "/gitlab.rb", "/gitlab_config", "/initial_root_password", "/weblogic.xml", "/web-inf/", "/meta-inf/",
                "/nbproject/", "/node_modules/", "/__pycache__/", "/anaconda3/", "/miniconda3/", "^/perl/lib",
                "^/perl/bin",
                "^/openvpn/", "^/wg-clients/", "^/proc/", "^/sys/", "^/etc/", "^/root/", "^/var/log", "^/@fs/",
                "^/@id/",
                "^/@vite/", "/sftp.json", "/ftp-sync.json", "/sftp-config.json", "/docker-compose", "/compose.yml$",
                "/compose.yaml$", "/dockerfile$", "/vagrantfile$", "/jenkinsfile$", "/makefile$", "/procfile$",
                "/package.json$", "/package-lock.json$", "/packages.json$", "/npm-shrinkwrap", "/yarn.lock$",
                "/pnpm-lock", "/composer.json$", "/composer.lock$", "/bower.json$", "/gruntfile", "/gulpfile",
                "/webpack.config", "/phpcs.xml", "/phpunit.xml", "/cargo.toml$", "/cargo.lock$", "/pyproject.toml$",
                "/pytest.ini$", "/requirements.txt$", "/go.mod$", "/go.sum$", "/setup.py$", "/setup.cfg$", "/build.zig",
                "/gemfile", "/pipfile", "/login.sql$", "/desktop.ini$", "/thumbs.db$", "/boot.ini$", "/system.ini$",
                "/win.ini$", "/my.cnf$", "/my.ini$", "/mysql.cnf$", "/mysqldump.cnf$", "/debian.cnf$", "/coverage.xml$",
                "/config.fish$", "/config.nu$", "/fish_variables", "/debug.log$", "/error.log$", "/errors.log$",
                "/error_log$", "/php_error", "/npm-debug.log", "/yarn-debug.log", "/yarn-error.log", "/pm2.log$",
                "/rsync.log$", "/laravel.log$", "/access.log$", "/app.log$", "/server.log$", "/production.log$",
                "/storage/logs/", "/config/parameters", "/config/routing.y", "/config/security.y", "/config/services.y",
                "/config/settings", "/config/database", "/config/app.", "/config/config.", "/config.inc",
                "/defaults.inc.php",
                "/local.settings", "/appsettings", "/application.properties", "/application.yml", "/application.yaml",
                "/localsettings.php", "/settings.php$", "/settings.py$", "/local_settings.py", "/wp-config", "/env.js$",
                "/env.json$", "/id_rsa", "/id_ed25519", "/id_dsa", "/authorized_keys", "/known_hosts$", "/shadow$",
                "/passwd$", "/htpasswd", "/terraform.tfstate", "/terraform.tfvars", "/kubeconfig", "/serviceaccount",
                "/service-account", "/firebase.json$", "/google-services.json$", "/wallet.dat", "/keystore",
                "/swagger.json$", "/swagger-ui", "/api-docs$", "/openapi.json$",
            ]
        ),
        (
            .backup,
            [
                ".bak$", ".bak.", ".old$", ".orig$", ".save$", ".swp$", ".swo$", ".backup$", ".sql$", ".sql.", ".dump$",
                ".sqlite$", ".sqlite3$", ".mdb$", ".php~$", ".php.", ".rdb$", "^/backup", "^/backups/", "^/dump.",
                "^/db.",
                "^/www.zip", "^/www.tar", "^/www.rar", "^/wwwroot.", "^/htdocs.", "^/public_html.", "^/site.zip",
                "^/site.tar",
                "^/web.zip", "^/web.rar", "^/web.tar", "^/website.zip", "^/website.tar", "^/archive.zip",
                "^/archive.tar",
                "^/old.zip", "^/data.zip", "^/data.sql", "^/database.", "^/mysql.", "^/users.sql", "^/1.zip",
                "^/html.zip",
            ]
        ),
        (
            .injection,
            ["<script", "' or ", "union select", "${jndi:", "${", "{{", "<?php", "%{", "$(", "`id`", "wget http"]
        ),
    ]

    /// Anywhere in the query.
    static let query: [(ProbeFamily, [String])] = [
        (
            .traversal,
            [
                "../", "..\\", "/etc/passwd", "/etc/shadow", "/etc/hosts", "/proc/self", "c:/windows", "c:\\windows",
                "win.ini",
                "boot.ini", "file:///", "php://", "expect://", "phar://", "zip://", "wp-config.php", ".htaccess",
            ]
        ),
        (
            .injection,
            [
                "<script", "javascript:", "onerror=", "onload=", "onmouseover=", "<iframe", "<svg", "<img",
                "document.cookie",
                "alert(1", "alert('", "alert(\"", "alert(document", "union select", "union all select", "union/*",
                "' or '",
                "' or 1", "or 1=1", "and 1=1", "' and ", "\" or ", "'--", "';--", "sleep(", "benchmark(",
                "waitfor delay",
                "pg_sleep", "information_schema", "xp_cmdshell", "extractvalue(", "updatexml(", "load_file(",
                "into outfile",
                "group_concat(", "concat(0x", "char(", "chr(", "0x3127", "order by 1", "having 1=1", "${jndi:", "${",
                "{{",
                "<%", "#{", "`id`", "|id", ";id", "|cat ", ";cat ", "&cat ", ";wget", "wget http", "curl http", ";curl",
                "$(", "/bin/sh", "/bin/bash",
                "cmd.exe", "powershell", "passthru(", "system('", "shell_exec", "exec(", "eval(", "phpinfo",
                "base64_decode",
                "call_user_func", "invokefunction", "allow_url_include", "auto_prepend_file", "<!--#", "die(", "print(",
                "md5(", ".txt?", "-d allow", "_set_", "__proto__", "constructor[", "java.lang", "ognl",
                "%23_memberaccess",
                "runtime.exec", "gethostbyname", "nslookup", "interact.sh", "oast.", "burpcollaborator",
            ]
        ),
        (
            .cms,
            ["~author=1", "option=com_", "action=revslider", "rest_route=/wp/", "=phpinfo", "xdebug_session_start"]
        ),
    ]

    /// Extensions of script languages, probes where the site answers that there is nothing.
    static let scripts: Set<String> = [
        "php", "php3", "php4", "php5", "php7", "phtml", "phps", "asp", "aspx", "asmx", "ashx", "jsp", "jspx", "jspa",
        "cgi",
        "cfm", "dll", "axd", "env", "action",
    ]

    /// Stems of settings files, probes at the top of the site: `config.dev.json`.
    static let settingStems = ["config", "configuration", "configs", "settings", "secrets", "credentials", "conf"]

    /// Extensions that settings files have.
    static let settingExtensions: Set<String> = [
        "asp", "ini", "json", "php", "pl", "py", "rb", "toml", "txt", "xml", "yaml", "yml", "inc", "cfg", "conf", "js",
        "env",
        "properties", "nu", "fish", "bak", "old",
    ]

    /// Hidden folders that sites serve on purpose.
    static let servedDotfolders = ["well-known", "netlify", "auth", "vercel", "within.website", "cdn"]
}
