;; States a million packages.
(import "limpid:plugin/layer@0.1.0" "[resource-drop]view" (func $drop_view (param i32)))
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (local $findings i32) (local $i i32)
  (local.set $findings (call $alloc (i32.const 120000000)))
  (loop $next
    (call $package
      (i32.add (local.get $findings) (i32.mul (local.get $i) (i32.const 120)))
      (i32.const 96) (i32.const 7))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const 1000000))))
  (call $drop_view (local.get $view))
  (call $report (local.get $findings) (i32.const 1000000) (i32.const 0) (i32.const 0)))
