package config_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// randomConfig changes about half of the leaves of the defaults to anything their type allows.
func randomConfig(r *rand.Rand) config.Config {
	c := config.Default()
	fill(r, reflect.ValueOf(&c).Elem())
	return c
}

func fill(r *rand.Rand, v reflect.Value) {
	if v.Kind() == reflect.Struct {
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
		return
	}
	if r.IntN(2) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64() >> r.IntN(64) * int64(1-2*r.IntN(2)))
	case reflect.String:
		v.SetString(randomText(r))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			listsOf(v.Index(i))
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.IntN(3) {
			element := reflect.New(v.Type().Elem()).Elem()
			if element.Kind() == reflect.Interface {
				element.Set(reflect.ValueOf(randomClaim(r, 0)))
			} else {
				listsOf(element)
				fill(r, element)
			}
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("k.%d", i)), element)
		}
	default:
		panic("a kind of setting this test does not know: " + v.Kind().String())
	}
}

// listsOf makes lists and maps empty where they are nil, as the decoder does.
func listsOf(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		default:
		}
	}
}

func randomText(r *rand.Rand) string {
	texts := []string{"", "x", "https://shop.example", "ä\"\\<&>", "********", "null", "12", "true", " "}
	return texts[r.IntN(len(texts))]
}

func randomClaim(r *rand.Rand, depth int) any {
	switch r.IntN(6) {
	case 0:
		return r.Int64()
	case 1:
		return r.Float64() + 0.5
	case 2:
		return r.IntN(2) == 0
	case 3:
		if depth < 3 {
			return []any{randomClaim(r, depth+1), nil}
		}
	case 4:
		if depth < 3 {
			return map[string]any{"a.b": randomClaim(r, depth+1)}
		}
	}
	return randomText(r)
}
