;; A scheme that gives a version another key at each call: its place among those that it is asked
;; about, and how many they are.
(func (export "limpid:plugin/scheme@0.1.0#keys") (param $versions i32) (param $len i32) (result i32)
  (local $keys i32) (local $i i32) (local $key i32) (local $at i32)
  (local.set $keys (call $alloc (i32.mul (local.get $len) (i32.const 12))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $len)))
      (local.set $key (i32.add (local.get $keys) (i32.mul (local.get $i) (i32.const 12))))
      (local.set $at (call $alloc (i32.const 8)))
      (i32.store (local.get $at) (local.get $i))
      (i32.store offset=4 (local.get $at) (local.get $len))
      (i32.store (local.get $key) (i32.const 0))
      (call $put (i32.add (local.get $key) (i32.const 4)) (local.get $at) (i32.const 8))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (call $list (local.get $keys) (local.get $len)))
