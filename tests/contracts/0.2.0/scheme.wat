;; A scheme: the key of a version is the version itself, and an empty one has none.

(memory (export "memory") 4)
(global $top (mut i32) (i32.const 8192))
(func $alloc (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (global.get $top))
  (global.set $top
    (i32.and (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 7)) (i32.const -8)))
  (local.get $at))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $alloc (local.get 3)))

(data (i32.const 1024) "sample")
(data (i32.const 1032) "is empty")

(func $put (param $at i32) (param $first i32) (param $second i32)
  (i32.store (local.get $at) (local.get $first))
  (i32.store offset=4 (local.get $at) (local.get $second)))

(func (export "limpid:plugin/scheme@0.2.0#name") (result i32)
  (call $put (i32.const 16) (i32.const 1024) (i32.const 6))
  (i32.const 16))

;; A version has 8 bytes, and the answer to it 12: a key, or why there is none.
(func (export "limpid:plugin/scheme@0.2.0#keys") (param $versions i32) (param $len i32) (result i32)
  (local $answers i32) (local $answer i32) (local $i i32)
  (local.set $answers (call $alloc (i32.mul (local.get $len) (i32.const 12))))
  (local.set $answer (local.get $answers))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $len)))
      (if (i32.load offset=4 (local.get $versions))
        (then
          (i32.store (local.get $answer) (i32.const 0))
          (i64.store offset=4 align=4 (local.get $answer) (i64.load align=4 (local.get $versions))))
        (else
          (i32.store (local.get $answer) (i32.const 1))
          (call $put (i32.add (local.get $answer) (i32.const 4)) (i32.const 1032) (i32.const 8))))
      (local.set $versions (i32.add (local.get $versions) (i32.const 8)))
      (local.set $answer (i32.add (local.get $answer) (i32.const 12)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (call $put (i32.const 16) (local.get $answers) (local.get $len))
  (i32.const 16))
