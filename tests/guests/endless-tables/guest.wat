;; Makes its table larger until that is refused.
(table $table 1 funcref)
(func (export "limpid:plugin/detector@0.1.0#claims") (result i32) (call $claims))
(func (export "limpid:plugin/detector@0.1.0#detect") (param $view i32) (result i32)
  (loop $more
    (br_if $more
      (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
  unreachable)
