;; States the same advisory for ever, each time with a thousand references that it had not before.
(import "limpid:plugin/intake@0.1.0" "[method]sink.advisories" (func $advisories (param i32 i32 i32)))
(func (export "limpid:plugin/feed@0.1.0#sources") (param i32 i32 i32) (result i32)
  (call $list (i32.const 0) (i32.const 0)))

;; An advisory has 100 bytes: its id is at 0, its references are at 48.
(func (export "limpid:plugin/feed@0.1.0#parse") (param i32 i32 i32) (param $sink i32) (result i32)
  (local $number i32) (local $i i32) (local $text i32) (local $references i32)
  (local.set $references (call $alloc (i32.const 8000)))
  (local.set $text (call $alloc (i32.const 8000)))
  (call $put (i32.const 2048) (i32.const 96) (i32.const 7))
  (call $put (i32.const 2096) (local.get $references) (i32.const 1000))
  (loop $ever
    (local.set $i (i32.const 0))
    (loop $next
      (call $write (i32.add (local.get $text) (i32.mul (local.get $i) (i32.const 8))) (local.get $number))
      (call $put
        (i32.add (local.get $references) (i32.mul (local.get $i) (i32.const 8)))
        (i32.add (local.get $text) (i32.mul (local.get $i) (i32.const 8)))
        (i32.const 8))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1000))))
    (call $advisories (local.get $sink) (i32.const 2048) (i32.const 1))
    (br $ever))
  unreachable)

;; Writes a number as eight letters.
(func $write (param $at i32) (param $number i32)
  (local $i i32)
  (loop $next
    (i32.store8 (i32.add (local.get $at) (local.get $i))
      (i32.add (i32.and (local.get $number) (i32.const 15)) (i32.const 97)))
    (local.set $number (i32.shr_u (local.get $number) (i32.const 4)))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const 8)))))
