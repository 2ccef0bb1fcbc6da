//! The programs. Texts are as they stand in what their publishers and distributions build; where several builds write
//! them differently, there are several texts. `cargo xtask verify detectors` looks at packages of Debian.

use crate::text::{Behind, Form, Text};
use crate::{Named, Product, Program};

/// Two to four numbers.
const NUMBERS: Form = Form::numbers(2, 4);
/// Three numbers, as most publishers count.
const THREE: Form = Form::numbers(3, 3);

const fn product(vendor: &'static str, product: &'static str) -> Product {
    Product { vendor, product }
}

const fn program(key: &'static str, products: &'static [Product], paths: &'static [&'static str]) -> Program {
    Program { key, paths, marks: &[], texts: &[], products, named: Named::Freely }
}

impl Program {
    const fn marked(mut self, marks: &'static [&'static [u8]]) -> Self {
        self.marks = marks;
        self
    }

    const fn reads(mut self, texts: &'static [Text]) -> Self {
        self.texts = texts;
        self
    }

    const fn named(mut self, named: Named) -> Self {
        self.named = named;
        self
    }
}

/// All programs, by their keys.
pub static PROGRAMS: &[Program] = &[
    program("bash", &[product("gnu", "bash")], &["**/bin/bash"])
        .marked(&[b"@(#)Bash version "])
        .reads(&[Text::behind(b"@(#)Bash version ", THREE).then(&[b"("])]),
    program("bun", &[product("oven", "bun"), product("bun", "bun")], &["**/bun"])
        .marked(&[b"\0Bun/"])
        .reads(&[Text::behind(b"\0Bun/", THREE).then(&[b"\0"])]),
    program("busybox", &[product("busybox", "busybox")], &["**/busybox", "**/busybox.static"])
        .marked(&[b"BusyBox v"])
        .reads(&[Text::behind(b"BusyBox v", THREE).then(&[b" "])]),
    program("caddy", &[product("caddyserver", "caddy")], &["**/caddy"])
        .marked(&[b"mod\tgithub.com/caddyserver/caddy/v2\tv"])
        .reads(&[Text::behind(b"mod\tgithub.com/caddyserver/caddy/v2\tv", THREE).then(&[b"\t", b"\n"])]),
    program("composer", &[product("getcomposer", "composer")], &["**/composer", "**/composer.phar"])
        .marked(&[b"BRANCH_ALIAS_VERSION"])
        .reads(&[Text::behind(b"public const VERSION = '", THREE).then(&[
            b"';\npublic const BRANCH_ALIAS_VERSION",
            b"';\n    public const BRANCH_ALIAS_VERSION",
        ])]),
    program("consul", &[product("hashicorp", "consul")], &["**/consul"])
        .marked(&[b"mod\tgithub.com/hashicorp/consul\tv"])
        .reads(&[Text::behind(b"mod\tgithub.com/hashicorp/consul\tv", THREE).then(&[b"\t", b"\n"])]),
    program(
        "curl",
        &[product("haxx", "curl"), product("haxx", "libcurl")],
        &["**/bin/curl", "**/{libcurl,libcurl-gnutls,libcurl-nss}.so*"],
    )
    .marked(&[b"\0curl/", b"\0libcurl/"])
    .reads(&[
        Text::behind(b"\0curl/", THREE).then(&[b"\0"]),
        Text::behind(b"\0libcurl/", THREE).then(&[b"\0"]),
    ]),
    program(
        "dart",
        &[product("dart", "dart_software_development_kit"), product("dart", "dart_sdk")],
        &["**/{dart,dart-sdk}/version"],
    )
    .reads(&[Text::behind(b"", THREE).at_start()]),
    program("deno", &[product("deno", "deno"), product("denoland", "deno")], &["**/deno"])
        .marked(&[b"Deno/"])
        .reads(&[Text::behind(b"Deno/", THREE)]),
    // Its version is a string by itself, between whatever a linker put there. Those of what is linked into it begin
    // otherwise, or have one digit where Envoy has two since 1.10.
    program("envoy", &[product("envoyproxy", "envoy")], &["**/envoy"])
        .marked(&[b"N5Envoy6Server12InstanceImplE"])
        .reads(&[Text::behind(b"\x001.", THREE.of_second(2)).keeping(2).then(&[b"\0"])]),
    program(
        "erlang",
        &[product("erlang", "erlang/otp"), product("erlang", "otp"), product("erlang", "erlang_otp")],
        &["**/releases/*/OTP_VERSION"],
    )
    .reads(&[Text::behind(b"", Form::numbers(1, 5)).at_start()]),
    program("etcd", &[product("etcd", "etcd"), product("redhat", "etcd")], &["**/etcd"])
        .marked(&[b"mod\tgo.etcd.io/etcd/server/v3\tv"])
        .reads(&[Text::behind(b"mod\tgo.etcd.io/etcd/server/v3\tv", THREE).then(&[b"\t", b"\n"])]),
    program(
        "ffmpeg",
        &[product("ffmpeg", "ffmpeg")],
        &[
            "**/bin/{ffmpeg,ffprobe}",
            "**/lib{avcodec,avformat,avutil,avfilter,avdevice,swscale,swresample}.so*",
        ],
    )
    .marked(&[b"FFmpeg version ", b"%s version "])
    .reads(&[
        Text::behind(b"FFmpeg version ", NUMBERS).then(&[b"\0"]),
        Text::behind(b"%s version ", NUMBERS).then(&[b"\0"]),
    ]),
    program(
        "git",
        &[product("git-scm", "git"), product("git_project", "git"), product("git", "git")],
        &["**/bin/git"],
    )
    .marked(&[b"\0GIT_USER_AGENT\0"])
    .reads(&[Text::behind(b"git/", THREE).then(&[b"\0", b".windows."])]),
    program("go", &[product("golang", "go")], &["**/go*/VERSION"])
        .reads(&[Text::behind(b"go", NUMBERS).at_start()]),
    program("graalvm", &[product("oracle", "graalvm")], &["**/release"])
        .marked(&[b"GRAALVM_VERSION=\""])
        .reads(&[Text::behind(b"GRAALVM_VERSION=\"", Form::numbers(3, 4)).then(&[b"\""])]),
    // The same counts by the version of Java since 2023.
    program("graalvm-for-jdk", &[product("oracle", "graalvm_for_jdk")], &["**/release"])
        .marked(&[b"GRAALVM_VERSION=\""])
        .reads(&[Text::behind(b"JAVA_VERSION=\"", Form::numbers(1, 6).with(Behind::Update)).then(&[b"\""])]),
    program("grafana", &[product("grafana", "grafana")], &["**/bin/{grafana,grafana-server}"])
        .marked(&[b"mod\tgithub.com/grafana/grafana\tv"])
        .reads(&[Text::behind(b"mod\tgithub.com/grafana/grafana\tv", THREE).then(&[b"\t", b"\n"])]),
    program("haproxy", &[product("haproxy", "haproxy")], &["**/haproxy"])
        .marked(&[b", released 20", b"HA-Proxy version "])
        .reads(&[
            Text::behind(b" version ", NUMBERS).then(&[b", released 20"]),
            Text::behind(b"HA-Proxy version ", NUMBERS).then(&[b" 20", b", released 20"]),
        ]),
    program("helm", &[product("helm", "helm")], &["**/helm"])
        .marked(&[b"mod\thelm.sh/helm/v3\tv", b"mod\thelm.sh/helm/v4\tv"])
        .reads(&[
            Text::behind(b"mod\thelm.sh/helm/v3\tv", THREE).then(&[b"\t", b"\n"]),
            Text::behind(b"mod\thelm.sh/helm/v4\tv", THREE).then(&[b"\t", b"\n"]),
        ]),
    program("httpd", &[product("apache", "http_server")], &["**/{httpd,apache2}"])
        .marked(&[b"\0Apache/2."])
        .reads(&[Text::behind(b"\0Apache/2.", THREE).keeping(2).then(&[b" (", b"\0"])]),
    program("julia", &[product("julialang", "julia")], &["**/include/julia/julia_version.h"])
        .reads(&[Text::behind(b"#define JULIA_VERSION_STRING \"", THREE).then(&[b"\"", b"+"])]),
    program(
        "kubernetes",
        &[product("kubernetes", "kubernetes")],
        &[
            "**/{kubectl,kubelet,kubeadm,hyperkube}",
            "**/kube-{apiserver,controller-manager,proxy,scheduler,aggregator}",
        ],
    )
    .marked(&[b"mod\tk8s.io/kubernetes\tv"])
    .reads(&[Text::behind(b"mod\tk8s.io/kubernetes\tv", THREE).then(&[b"\t", b"\n"])]),
    program("lighttpd", &[product("lighttpd", "lighttpd")], &["**/lighttpd"])
        .marked(&[b"\0lighttpd/"])
        .reads(&[Text::behind(b"\0lighttpd/", THREE).then(&[b"\0", b" ("])]),
    program("lua", &[product("lua", "lua")], &["**/bin/{lua,luac}*", "**/liblua*.so*"])
        .marked(&[b"$LuaVersion: Lua "])
        .reads(&[Text::behind(b"$LuaVersion: Lua ", THREE).then(&[b" "])]),
    program("mariadb", &[product("mariadb", "mariadb")], &["**/{mariadbd,mysqld}"])
        .marked(&[b"-MariaDB"])
        .reads(&[Text::in_front_of(&[b"-MariaDB"], THREE).beginning_a_string()]),
    program("memcached", &[product("memcached", "memcached")], &["**/memcached"])
        .marked(&[b"\0memcached "])
        .reads(&[Text::behind(b"\0memcached ", THREE).then(&[b"\0", b"\n"])]),
    program(
        "mysql",
        &[product("oracle", "mysql"), product("oracle", "mysql_server"), product("mysql", "mysql")],
        &["**/mysqld"],
    )
    .marked(&[b"MySQL Community Server"])
    .reads(&[Text::behind(b"/mysql-", THREE).then(&[b"/"])]),
    program(
        "nginx",
        &[
            product("f5", "nginx"),
            product("f5", "nginx_open_source"),
            product("nginx", "nginx"),
            product("igor_sysoev", "nginx"),
        ],
        &["**/nginx", "**/nginx-debug"],
    )
    .marked(&[b"nginx version: nginx/"])
    .reads(&[Text::behind(b"nginx version: nginx/", THREE).then(&[b"\n", b" "])]),
    program(
        "node",
        &[product("nodejs", "node.js"), product("nodejs", "nodejs")],
        &["**/node", "**/nodejs", "**/libnode.so*"],
    )
    .marked(&[b"\0node.js/v"])
    .reads(&[Text::behind(b"\0node.js/v", THREE).then(&[b"\0"])]),
    program("openjdk", &[product("oracle", "openjdk")], &["**/release"])
        .marked(&[b"JAVA_VERSION=\""])
        .reads(&[Text::behind(b"JAVA_VERSION=\"", Form::numbers(1, 6).with(Behind::Update)).then(&[b"\""])]),
    program(
        "openssl",
        &[product("openssl", "openssl"), product("openssl_project", "openssl")],
        &["**/bin/openssl", "**/{libcrypto,libssl}{,-*}.so*"],
    )
    .marked(&[b"OpenSSL 0.", b"OpenSSL 1.", b"OpenSSL 3.", b"OpenSSL 4."])
    // The day follows, behind two spaces until 1.1.1; in what only claims to be compatible, something else.
    .reads(&[Text::behind(b"OpenSSL ", THREE.with(Behind::Letters)).then(&[
        b" 0", b" 1", b" 2", b" 3", b" 4", b" 5", b" 6", b" 7", b" 8", b" 9", b"  0", b"  1", b"  2", b"  3",
        b"  4", b"  5", b"  6", b"  7", b"  8", b"  9",
    ])]),
    // Oracle's own builds say so; those of OpenJDK that Oracle publishes do not.
    program("oracle-jdk", &[product("oracle", "jdk"), product("oracle", "jre")], &["**/release"])
        .marked(&[b"BUILD_TYPE=\"commercial\""])
        .reads(&[Text::behind(b"JAVA_VERSION=\"", Form::numbers(1, 6).with(Behind::Update)).then(&[b"\""])]),
    program("perl", &[product("perl", "perl")], &["**/bin/perl*", "**/libperl.so*"])
        .marked(&[b"\0v5."])
        .reads(&[
            // The version of the interface of its modules, which is that of the first release of a series, stands as its own.
            Text::behind(b"/share/perl/5.", THREE).keeping(2).then(&[b"\0"]),
            Text::behind(b"\0v5.", THREE).keeping(2).then(&[b"\0"]),
        ]),
    program("php", &[product("php", "php")], &["**/bin/php*", "**/sbin/php-fpm*", "**/libphp*.so*"])
        .marked(&[b"X-Powered-By: PHP/"])
        .reads(&[Text::behind(b"X-Powered-By: PHP/", THREE).then(&[b"\0", b"\r"])]),
    program("postgresql", &[product("postgresql", "postgresql")], &["**/bin/postgres"])
        .marked(&[b"postgres (PostgreSQL) "])
        .reads(&[Text::behind(b"postgres (PostgreSQL) ", Form::numbers(1, 3)).then(&[b" (", b"\n"])]),
    program(
        "proftpd",
        &[product("proftpd", "proftpd"), product("proftpd_project", "proftpd")],
        &["**/proftpd"],
    )
    .marked(&[b"ProFTPD Version "])
    .reads(&[Text::behind(b"ProFTPD Version ", THREE.with(Behind::Letters)).then(&[b"\0"])]),
    program("prometheus", &[product("prometheus", "prometheus")], &["**/prometheus"])
        .marked(&[b"mod\tgithub.com/prometheus/prometheus\tv"])
        .reads(&[Text::behind(b"mod\tgithub.com/prometheus/prometheus\tv", THREE).then(&[b"\t", b"\n"])]),
    program(
        "python",
        &[product("python", "python"), product("python_software_foundation", "python")],
        &["**/bin/python{2,3}*", "**/libpython{2,3}*.so*"],
    )
    // Only Python 2 warns of what is otherwise in Python 3.
    .marked(&[b"\0pymalloc_debug\0", b"\0py3kwarning\0"])
    .reads(&[
        Text::behind(b"\x003.", THREE).keeping(2).then(&[b"\0"]),
        Text::behind(b"\x002.7.", THREE).keeping(4).then(&[b"\0", b"+\0"]),
    ])
    .named(Named::Series),
    program(
        "rabbitmq",
        &[
            product("vmware", "rabbitmq"),
            product("pivotal_software", "rabbitmq"),
            product("broadcom", "rabbitmq_server"),
        ],
        &["**/plugins/rabbit-*/ebin/rabbit.app"],
    )
    .reads(&[
        Text::behind(b"{vsn,\"", THREE).then(&[b"\""]),
        Text::behind(b"{vsn, \"", THREE).then(&[b"\""]),
    ]),
    program(
        "redis",
        &[product("redis", "redis"), product("redislabs", "redis")],
        &["**/{redis-server,redis-check-rdb,redis-check-aof,redis-sentinel}"],
    )
    .marked(&[b"redis_version:%s"])
    .reads(&[
        Text::in_front_of(&[b"buildkitsandbox-"], THREE),
        Text::in_front_of(&[b"\0c11-builtin\0", b"\0atomic-builtin\0", b"\0sync-builtin\0"], THREE),
    ]),
    program("ruby", &[product("ruby-lang", "ruby")], &["**/libruby*.so*", "**/bin/ruby*"])
        .marked(&[b"Yukihiro Matsumoto"])
        .reads(&[Text::behind(b"\0ruby ", THREE).then(&[b"p", b" ("])]),
    program("rust", &[product("rust-lang", "rust")], &["**/librustc_driver-*.so"])
        .marked(&[b"rustc version 1."])
        .reads(&[Text::behind(b"rustc version ", THREE).then(&[b" (", b"clang LLVM"])]),
    program("sqlite", &[product("sqlite", "sqlite")], &["**/libsqlite3.so*"])
        .marked(&[b"SQLite format 3\0"])
        .reads(&[
            Text::behind(b"\x003.", THREE).keeping(2).then(&[b"\0"]),
            // Behind a table of all bytes in order.
            Text::behind(b"\xfd\xfe\xff3.", THREE).keeping(2).then(&[b"\0"]),
        ]),
    program("squid", &[product("squid-cache", "squid"), product("squid", "squid")], &["**/sbin/squid"])
        .marked(&[b"\0squid/"])
        .reads(&[Text::behind(b"\0squid/", NUMBERS).then(&[b"\0"])]),
    program("traefik", &[product("traefik", "traefik"), product("containous", "traefik")], &["**/traefik"])
        .marked(&[b"mod\tgithub.com/traefik/traefik/v2\tv", b"mod\tgithub.com/traefik/traefik/v3\tv"])
        .reads(&[
            Text::behind(b"mod\tgithub.com/traefik/traefik/v2\tv", THREE).then(&[b"\t", b"\n"]),
            Text::behind(b"mod\tgithub.com/traefik/traefik/v3\tv", THREE).then(&[b"\t", b"\n"]),
        ]),
    program(
        "valkey",
        &[
            product("lfprojects", "valkey"),
            product("linuxfoundation", "valkey"),
            product("valkey-io", "valkey"),
        ],
        &["**/{valkey-server,valkey-check-rdb,valkey-check-aof,valkey-sentinel}"],
    )
    .marked(&[b"valkey_version:%s"])
    .reads(&[Text::in_front_of(&[b"buildkitsandbox-"], THREE)]),
    program(
        "varnish",
        &[
            product("varnish_cache_project", "varnish_cache"),
            product("varnish-cache", "varnish_cache"),
            product("varnish-software", "varnish_cache"),
        ],
        &["**/varnishd"],
    )
    .marked(&[b"varnish-"])
    .reads(&[Text::behind(b"varnish-", THREE).then(&[b" revision "])]),
    program("vault", &[product("hashicorp", "vault")], &["**/vault"])
        .marked(&[b"mod\tgithub.com/hashicorp/vault\tv"])
        .reads(&[Text::behind(b"mod\tgithub.com/hashicorp/vault\tv", THREE).then(&[b"\t", b"\n"])]),
    program("wordpress", &[product("wordpress", "wordpress")], &["**/wp-includes/version.php"])
        .reads(&[Text::behind(b"$wp_version = '", NUMBERS).then(&[b"'"])]),
    program("xz", &[product("tukaani", "xz"), product("xz", "xz")], &["**/bin/xz"])
        .marked(&[b"xz (XZ Utils) "])
        .reads(&[Text::behind(b"xz (XZ Utils) ", THREE).then(&[b"\0", b"\n"])]),
];
