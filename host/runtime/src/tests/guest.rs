//! Small components, written by hand: a scheme whose keys are the versions themselves, and whatever
//! is wrong with it.

/// How a scheme is to differ from a good one.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    pub(crate) version: Option<&'static str>,
    /// What it imports besides nothing.
    pub(crate) import: &'static str,
    pub(crate) export: &'static str,
    /// What `keys` does before it answers.
    pub(crate) keys: &'static str,
    /// Whether it answers for builds: with the same keys.
    pub(crate) builds: bool,
    /// Pages of memory that it starts with.
    pub(crate) pages: u32,
    /// The scheme's name, as it answers.
    pub(crate) scheme: &'static str,
}

pub(crate) const GOOD: Guest = Guest {
    name: "identity",
    version: Some("1.2.3"),
    import: "",
    export: "limpid:plugin/scheme@0.1.0",
    keys: "",
    builds: false,
    pages: 1,
    scheme: "bytes",
};

impl Guest {
    pub(crate) fn component(&self) -> Vec<u8> {
        wat::parse_str(self.text()).unwrap()
    }

    fn text(&self) -> String {
        let Self { name, import, export, builds, .. } = self;
        let builds = match builds {
            true => {
                r#"(instance $builds (export "ceilings" (func $keys)))
                (export "limpid:plugin/builds@0.1.0" (instance $builds))"#
            }
            false => "",
        };
        let version =
            self.version.map(|version| format!("(@custom \"version\" \"{version}\")")).unwrap_or_default();
        format!(
            r#"(component ${name}
              {version}
              {import}
              {module}
              (core instance $guest (instantiate $module))
              (func $name (result string)
                (canon lift (core func $guest "name") (memory $guest "memory")))
              (func $keys (param "versions" (list string))
                (result (list (result (list u8) (error string))))
                (canon lift (core func $guest "keys")
                  (memory $guest "memory") (realloc (func $guest "realloc"))))
              (instance $scheme (export "name" (func $name)) (export "keys" (func $keys)))
              (export "{export}" (instance $scheme))
              {builds}
            )"#,
            module = self.module(),
        )
    }

    /// Memory: a place for answers at 16, the name at 64, and from 1024 on what is allocated,
    /// which is never freed.
    fn module(&self) -> String {
        let Self { keys, pages, scheme, .. } = self;
        format!(
            r#"(core module $module
              (memory (export "memory") {pages})
              (table $table 1 funcref)
              (global $top (mut i32) (i32.const 1024))
              (data (i32.const 64) "{scheme}")
              (func $alloc (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (global.get $top))
                (global.set $top
                  (i32.and (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 7)) (i32.const -8)))
                (block $enough
                  (loop $grow
                    (br_if $enough (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
                    (br_if $grow (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
                    unreachable))
                (local.get $at))
              (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (call $alloc (local.get 3)))
              (func $answer (param $list i32) (param $len i32) (result i32)
                (i32.store (i32.const 16) (local.get $list))
                (i32.store (i32.const 20) (local.get $len))
                (i32.const 16))
              (func (export "name") (result i32)
                (call $answer (i32.const 64) (i32.const {scheme_bytes})))
              (func $keys (export "keys") (param $versions i32) (param $len i32) (result i32)
                (local $keys i32) (local $at i32) (local $i i32)
                {keys}
                (local.set $keys (call $alloc (i32.mul (local.get $len) (i32.const 12))))
                (block $done
                  (loop $next
                    (br_if $done (i32.ge_u (local.get $i) (local.get $len)))
                    (local.set $at (i32.add (local.get $keys) (i32.mul (local.get $i) (i32.const 12))))
                    (i32.store8 (local.get $at) (i32.const 0))
                    (i64.store offset=4 (local.get $at)
                      (i64.load (i32.add (local.get $versions) (i32.mul (local.get $i) (i32.const 8)))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $next)))
                (call $answer (local.get $keys) (local.get $len))))"#,
            scheme_bytes = scheme.len(),
        )
    }
}

/// A scheme that says why, and stops.
pub(crate) fn panicking() -> Vec<u8> {
    const WHY: &str = "panicked at src/lib.rs:7:5: no such version";
    wat::parse_str(format!(
        r#"(component $panicking
          (@custom "version" "1.0.0")
          (import "limpid:plugin/log@0.1.0" (instance $log
            (type $declared (enum "error" "warning" "info" "debug"))
            (export "level" (type $level (eq $declared)))
            (export "message" (func (param "level" $level) (param "text" string)))))
          (core module $memory
            (memory (export "memory") 1)
            (data (i32.const 64) "bytes")
            (data (i32.const 128) "{WHY}")
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
          (core instance $memory (instantiate $memory))
          (core func $message (canon lower (func $log "message") (memory $memory "memory")))
          (core module $guest
            (import "memory" "memory" (memory 1))
            (import "log" "message" (func $message (param i32 i32 i32)))
            (func (export "name") (result i32)
              (i32.store (i32.const 16) (i32.const 64))
              (i32.store (i32.const 20) (i32.const 5))
              (i32.const 16))
            (func (export "keys") (param i32 i32) (result i32)
              (call $message (i32.const 0) (i32.const 128) (i32.const {length}))
              unreachable))
          (core instance $guest (instantiate $guest
            (with "memory" (instance $memory))
            (with "log" (instance (export "message" (func $message))))))
          (func $name (result string) (canon lift (core func $guest "name") (memory $memory "memory")))
          (func $keys (param "versions" (list string)) (result (list (result (list u8) (error string))))
            (canon lift (core func $guest "keys")
              (memory $memory "memory") (realloc (func $memory "realloc"))))
          (instance $scheme (export "name" (func $name)) (export "keys" (func $keys)))
          (export "limpid:plugin/scheme@0.1.0" (instance $scheme)))"#,
        length = WHY.len(),
    ))
    .unwrap()
}
