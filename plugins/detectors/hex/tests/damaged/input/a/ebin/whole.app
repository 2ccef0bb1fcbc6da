{application,whole,[{vsn,"1.0.0"}]}.
