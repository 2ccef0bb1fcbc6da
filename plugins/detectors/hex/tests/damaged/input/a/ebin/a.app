{application,a,[{vsn,git}]}.
