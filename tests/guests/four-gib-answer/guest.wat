;; A small memory can answer with 4 GiB: a thousand times, the same 4 MiB are the reason why a file
;; could not be read.
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (local $unread i32) (local $why i32) (local $i i32) (local $at i32)
  (local.set $unread (call $alloc (i32.const 20480)))
  (local.set $why (call $alloc (i32.const 4194304)))
  (loop $next
    (local.set $at (i32.add (local.get $unread) (i32.mul (local.get $i) (i32.const 20))))
    (call $put (local.get $at) (i32.const 64) (i32.const 19))
    (call $put (i32.add (local.get $at) (i32.const 12)) (local.get $why) (i32.const 4194304))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const 1024))))
  (call $drop_view (local.get $view))
  (call $report (i32.const 0) (i32.const 0) (local.get $unread) (i32.const 1024)))
